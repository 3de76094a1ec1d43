"""Tells the steps of event loops apart: the one place that knows names of asyncio and uvloop which are not public.

asyncio runs every callback and every step of a task through one method, `Handle._run`. uvloop has no such thing in
Python; there the methods that callbacks are given to are wrapped, which are public. A callback that uvloop calls from C
by itself (a protocol's `data_received`) is not a step then: what it calls by name is found still, how long it takes is
not.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from evenflow.guard.steps.origins import remembering
from evenflow.guard.steps.step import Judge, here, leave


class LoopSteps:
    """While installed, every step of every event loop of this process is timed."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Begins. Loops that run already are timed from their next step on."""
        original = getattr(asyncio.Handle, "_run", None)
        if original is not None:
            self._replace(asyncio.Handle, "_run", _timed(original, self._judge))
        self._replace(asyncio.BaseEventLoop, "create_task", remembering(asyncio.BaseEventLoop.create_task))
        self.imported("uvloop")

    def imported(self, module: str) -> None:
        """Times uvloop's loops, too, if that has been imported."""
        if module == "uvloop" and (uvloop := sys.modules.get(module)) is not None:
            self._replace(uvloop.Loop, "create_task", remembering(uvloop.Loop.create_task))
            self._wrap_uvloop(uvloop.Loop)

    def uninstall(self) -> None:
        """Ends."""
        while self._undo:
            self._undo.pop()()

    def _wrap_uvloop(self, loop: Any) -> None:
        for name, position in (("call_soon", 0), ("call_soon_threadsafe", 0), ("call_later", 1), ("call_at", 1)):
            self._replace(loop, name, _giving_timed(getattr(loop, name), position, self._judge))
        for name in ("add_reader", "add_writer"):
            self._replace(loop, name, _giving_timed(getattr(loop, name), 1, self._judge))

    def _replace(self, owner: Any, name: str, new: Any) -> None:
        own = vars(owner).get(name)
        setattr(owner, name, new)

        def undo() -> None:
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(undo)


def _timed(original: Callable[..., Any], judge: Judge) -> Callable[..., Any]:
    """The same function as a step."""

    def _run(*args: Any) -> Any:
        step = here.step
        if step.begin and not step.by_hand:  # a loop inside of a loop's step
            return original(*args)
        step.enter()
        try:
            return original(*args)
        finally:
            leave(step, judge)

    return _run


def _giving_timed(original: Callable[..., Any], position: int, judge: Judge) -> Callable[..., Any]:
    """The same method, which gives the loop the callback at `position` as a step."""

    @wraps(original)
    def method(loop: Any, *args: Any, **options: Any) -> Any:
        timed = _timed(args[position], judge)
        return original(loop, *args[:position], timed, *args[position + 1 :], **options)

    return method
