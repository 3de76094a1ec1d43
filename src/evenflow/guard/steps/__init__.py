"""Finds what blocks the event loop while tests run, on whatever small data.

Three sources see it: the interpreter's audit events (`audited.py`), functions that tell of themselves (`patched.py`,
`wrapped.py`), and the steps of the loop, which a thread samples (`loops.py`, `step.py`, `sampler.py`). `blame.py`
decides whose it is, `watch.py` keeps it.

    with steps.collect() as collected: ...
    collected.failures
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType

from evenflow.guard.catalogue import Catalogue, known
from evenflow.guard.steps import audited, garbage
from evenflow.guard.steps.blame import Rules
from evenflow.guard.steps.frames import is_program as is_program
from evenflow.guard.steps.importing import AfterImport
from evenflow.guard.steps.loops import LoopSteps
from evenflow.guard.steps.patched import Patches
from evenflow.guard.steps.sampler import Sampler
from evenflow.guard.steps.sampler import place_of as place_of
from evenflow.guard.steps.step import here
from evenflow.guard.steps.watch import CPU_LIMIT as CPU_LIMIT
from evenflow.guard.steps.watch import Collected as Collected
from evenflow.guard.steps.watch import Hit as Hit
from evenflow.guard.steps.watch import LoopBlocked as LoopBlocked
from evenflow.guard.steps.watch import collecting, judge, on_a_loop
from evenflow.guard.steps.wrapped import Wrapping

_changing = threading.Lock()


class _Sources:
    """Everything that changes this process, in order."""

    def __init__(self, catalogue: Catalogue) -> None:
        audited.install()
        garbage.install()
        self._loops = LoopSteps(judge)
        self._patches = Patches()
        self._wrapping = Wrapping(catalogue)
        roots = {"uvloop"} | self._wrapping.packages
        self._after_import = AfterImport(lambda module: module.partition(".")[0] in roots, self._imported)
        self._loops.install()
        self._patches.install()
        self._wrapping.install()
        self._after_import.install()
        self._sampler = Sampler()

    def stop(self) -> None:
        self._sampler.stop()
        self._after_import.uninstall()
        self._wrapping.uninstall()
        self._patches.uninstall()
        self._loops.uninstall()
        garbage.uninstall()

    def _imported(self, module: str) -> None:
        self._loops.imported(module)
        self._wrapping.imported(module)


_running: list[_Sources] = []
_users = 0


def start(catalogue: Catalogue | None = None) -> None:
    """Watch the event loops of this process until as many `stop()`; best before the app is imported."""
    global _users
    with _changing:
        _users += 1
        if _users == 1:
            _running.append(_Sources(catalogue or known()))


def stop() -> None:
    """Ends what `start` began; the audit hook stays, and does nothing."""
    global _users
    with _changing:
        _users -= 1
        if _users == 0:
            _running.pop().stop()


def begin_here() -> None:
    """Take what the calling thread does from now on for a step of its event loop, if it is in the middle of one.

    The step that was running when the sources were started is not timed otherwise.
    """
    if on_a_loop() is not None:
        here.step.cut(judge, last=False)


def end_here() -> None:
    """Judge what the calling thread's step has shown so far."""
    if on_a_loop() is not None:
        here.step.cut(judge, last=True)


@contextmanager
def collect(
    *,
    catalogue: Catalogue | None = None,
    own: Collection[CodeType] = (),
    own_count: bool = False,
    allow: Sequence[str] = (),
    strict: bool = False,
    cpu_limit: float = CPU_LIMIT,
) -> Iterator[Collected]:
    """Gathers what blocks event loops meanwhile, in whatever thread of this process.

    `own` are the functions of tests and fixtures: what they do themselves to set something up does not count, unless
    `own_count`. `allow` holds patterns of functions or files that may block. With `strict`, LoopBlocked is raised at
    each call that is known to block. `cpu_limit` is in seconds of computing in one step of a loop.
    """
    start(catalogue)
    rules = Rules(catalogue or known(), own, allow, own_count)
    collected = Collected(rules, strict, cpu_limit)
    collecting.append(collected)
    try:
        yield collected
    finally:
        collecting.remove(collected)
        for hit in collected.hits:
            hit.find_route()
        stop()
