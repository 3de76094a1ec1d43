"""The part of the plugin for pytest that tells what a test has left behind.

A task that was garbage-collected before it was done, and a coroutine that nobody awaited, are mistakes: they make the
test fail that they happen in. Tasks and threads that go on after a test may be meant so, and are listed after the run.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from evenflow.guard.leaks import Leak

MODES = ("fail", "warn", "off")
_TITLE = "evenflow: left behind"


def add_options(parser: pytest.Parser) -> None:
    """Declares the options."""
    parser.getgroup("evenflow", "Evenflow").addoption(
        "--evenflow-leaks",
        choices=MODES,
        default=None,
        help="Tasks dropped while pending and coroutines never awaited: fail (default) fails the test, warn lists them "
        "after the run, off does not look.",
    )
    parser.addini("evenflow_leaks", "the same as --evenflow-leaks", default="fail")


class Leaking:
    """Looks for what the program has lost or left, test by test."""

    def __init__(self, config: pytest.Config) -> None:
        """Raises pytest.UsageError for an option that makes no sense."""
        self._mode: str = config.getoption("evenflow_leaks") or str(config.getini("evenflow_leaks"))
        if self._mode not in MODES:
            raise pytest.UsageError(f"evenflow_leaks is {self._mode!r}; it can be {', '.join(MODES)}.")
        self._lost: list[str] = []
        self._tasks = _Tasks()
        self._left: dict[str, None] = {}
        self._threads: set[threading.Thread] = set()
        self._leaks: Any = None
        if self._mode != "off":
            from evenflow.guard.leaks import Leaks

            self._leaks = Leaks(self._note)
            self._leaks.start()
            self._tasks.start()

    def pytest_unconfigure(self) -> None:
        """Leaves the process as it was."""
        if self._mode != "off":
            self._leaks.stop()
            self._tasks.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Begins anew with each test."""
        self._lost.clear()
        self._tasks.clear()
        self._threads = set(threading.enumerate())
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fails a test that lost something."""
        result = yield
        self._tasks.collect_garbage()
        self._tell_lost(item, "call")
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """The same of its fixtures' end, and notes what goes on after that."""
        result = yield
        left = [*self._tasks.pending(), *_threads_of_program(set(threading.enumerate()) - self._threads)]
        if left:
            item.add_report_section("teardown", _TITLE, "\n".join(f"{item.nodeid}: {line}" for line in left))
        self._tell_lost(item, "teardown")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes the lines out of reports, which come from other processes with pytest-xdist."""
        for title, text in report.sections:
            if _TITLE in title:  # pytest puts words around it
                self._left.update(dict.fromkeys(text.splitlines()))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says them after the run."""
        if self._left:
            terminalreporter.section(_TITLE)
            for line in self._left:
                terminalreporter.line(line)

    def _note(self, leak: Leak) -> None:
        from evenflow.guard.steps import is_program

        if leak.file is None or not is_program(leak.file):
            return
        place = f"{os.path.relpath(leak.file)}:{leak.line}"
        if leak.kind == "never awaited":
            self._lost.append(f"{place}: {leak.name}() was called and never awaited, so it did not run. Write `await`.")
        else:
            self._lost.append(
                f"{place}: the task of {leak.name}() was dropped before it was done: nobody held it. Keep it "
                "(a set of tasks, or asyncio.TaskGroup) until it ends."
            )

    def _tell_lost(self, item: pytest.Item, when: str) -> None:
        lost, self._lost = list(dict.fromkeys(self._lost)), []
        if not lost:
            return
        if self._mode == "fail":
            pytest.fail("\n".join(lost), pytrace=False)
        item.add_report_section(when, _TITLE, "\n".join(lost))


class _Tasks:
    """The tasks that loops of asyncio's made for coroutines of the program."""

    def __init__(self) -> None:
        self._alive: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self._original: Any = None
        self._closing: Any = None

    def start(self) -> None:
        from evenflow.guard.steps import is_program

        self._closing = closing = asyncio.Runner.close

        def close(runner: asyncio.Runner) -> None:
            self.collect_garbage()  # what is pending is cancelled next, and nobody would see that it had been lost
            closing(runner)

        asyncio.Runner.close = cast("Any", close)  # type: ignore[method-assign] # there is no other sign of it
        self._original = original = asyncio.BaseEventLoop.create_task

        def create_task(loop: Any, coroutine: Any, **options: Any) -> Any:
            task = original(loop, coroutine, **options)
            code = getattr(coroutine, "cr_code", None)
            if code is not None and is_program(code.co_filename):
                self._alive.add(task)
            return task

        asyncio.BaseEventLoop.create_task = cast("Any", create_task)  # type: ignore[method-assign] # a factory may be the app's

    def stop(self) -> None:
        asyncio.Runner.close = self._closing  # type: ignore[method-assign] # see above
        asyncio.BaseEventLoop.create_task = self._original  # type: ignore[method-assign] # see above

    def clear(self) -> None:
        self._alive.clear()

    def collect_garbage(self) -> None:
        """A task that nobody holds is lost only then: now, and not in some later test."""
        if self.pending():
            gc.collect()

    def pending(self) -> list[str]:
        """Those that are not done, a line each."""
        return [
            f"the task of {task.get_coro().__qualname__}() goes on"  # type: ignore[union-attr] # only coroutines are in it
            for task in list(self._alive)
            if not task.done()
        ]


def _threads_of_program(threads: Iterable[threading.Thread]) -> Iterator[str]:
    """Those that run code of the program, a line each."""
    from evenflow.guard.steps import place_of

    for thread in threads:
        place = place_of(thread)
        if place is not None:
            yield f"the thread {thread.name} goes on, in {os.path.relpath(place[0])}:{place[1]}"
