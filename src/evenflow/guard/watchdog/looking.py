"""Takes samples of threads: of the loop's own while it is late, of the others where one of them may be the cause."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Mapping
from contextvars import Context
from types import FrameType
from typing import Any

from evenflow.guard.watchdog import accounting, stack
from evenflow.guard.watchdog.accounting import Threads
from evenflow.guard.watchdog.beat import Beat
from evenflow.guard.watchdog.evidence import Other, Sample
from evenflow.observe.request import current

_MOST_THREADS = 200
_WAITING = {"threading", "queue", "selectors", "concurrent.futures.thread"}
"""Modules in which a thread waits for its next work."""


def sample(beat: Beat) -> Sample | None:
    """The loop's thread as it is now; None where it has moved on meanwhile, or ended."""
    number = beat.number
    frame = stack.innermost_frames().get(beat.thread)
    if frame is None:
        return None
    at = time.monotonic()
    frames = stack.step_of(frame, beat.below)
    if any(each.f_code is Beat.beat.__code__ for each in frames):
        return None
    frames = _without_own(frames)
    taken, calling = stack.places(frames), stack.calling(frames)
    task = asyncio.current_task(beat.loop)
    scope = _scope_of(task, frames)
    step: object = None
    if any(not place.module.startswith("asyncio.") for place in taken):
        step = id(task) if task is not None else taken[-1].code
    if scope is not None and not (scope.get("type") == "lifespan" and stack.scope_in(frames) is None):
        task = None
    return Sample(at, step, taken, calling, scope, task) if beat.number == number else None


def is_busy(beat: Beat) -> bool:
    """Whether the loop is at a step, other than the watchdog's own."""
    frame = stack.innermost_frames().get(beat.thread)
    frames = stack.step_of(frame, beat.below) if frame is not None else []
    return bool(frames) and frames[-1].f_code is not Beat.beat.__code__


def others(loop_thread: int, threads: Threads) -> tuple[Other, ...]:
    """What the threads that have computed lately are at; not the one of the loop, nor the one that asks."""
    at = time.monotonic()
    found = []
    frames = stack.innermost_frames()
    for ident in list(frames)[:_MOST_THREADS]:
        if ident in (loop_thread, threading.get_ident(), threads.watchdog):
            continue
        computed = threads.computed(ident)
        if computed is not None and computed > 0.01:
            its = _without_own(stack.frames_of(frames[ident]))
            if not its or its[0].f_globals.get("__name__") in _WAITING:
                # It has moved on: what it did is not to be seen any more.
                continue
            context = stack.context_in(its)
            scope = context.get(current) if context is not None else None
            found.append(Other(at, computed, stack.places(its), stack.calling(its), scope))
    return tuple(found)


def _without_own(frames: list[FrameType]) -> list[FrameType]:
    # What listens to the garbage collector stands on top of what made the garbage.
    while frames and frames[0].f_code.co_filename == accounting.__file__:
        frames.pop(0)
    return frames


def _scope_of(task: asyncio.Task[Any] | None, frames: list[FrameType]) -> Mapping[str, Any] | None:
    context = _context_of(task) if task is not None else None
    scope = context.get(current) if context is not None else None
    return scope if scope is not None else stack.scope_in(frames)


def _context_of(task: asyncio.Task[Any]) -> Context | None:
    if sys.version_info >= (3, 12):
        return task.get_context()
    # A task of Python 3.11 tells nobody; the garbage collector can be asked what it holds.
    return next((held for held in gc.get_referents(task) if type(held) is Context), None)
