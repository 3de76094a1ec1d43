"""A thread's stack, taken while it runs, as plain data."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextvars import Context
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from evenflow.guard.watchdog.callee import Calling

_DEEPEST = 400


@dataclass(frozen=True, slots=True)
class Place:
    """A function on the stack, and the line that it is at."""

    code: CodeType
    line: int
    module: str

    @property
    def file(self) -> str:
        """Its file, as Python names it."""
        return self.code.co_filename

    @property
    def name(self) -> str:
        """The function's name, with its class."""
        return self.code.co_qualname.replace("<locals>.", "")

    @property
    def is_coroutine(self) -> bool:
        """Whether it is `async def`."""
        return bool(self.code.co_flags & inspect.CO_COROUTINE)


def depth(frame: FrameType) -> int:
    """How many functions stand below this frame: what the event loop itself was called by."""
    outer = list(_outwards(frame.f_back))
    # In asyncio's own loop these two are between the loop and a step of it; uvloop has no frames.
    while outer and outer[0].f_code.co_name in {"_run", "_run_once"} and _is_asyncios(outer[0]):
        outer.pop(0)
    return len(outer)


def step_of(innermost: FrameType, below: int) -> list[FrameType]:
    """The frames of the loop's present step, the innermost first; none while the loop looks for what to do."""
    frames = list(_outwards(innermost))
    del frames[max(0, len(frames) - below) :]
    if frames and frames[-1].f_code.co_name == "_run_once" and _is_asyncios(frames[-1]):
        frames.pop()
        if not (frames and frames[-1].f_code.co_name == "_run" and _is_asyncios(frames[-1])):
            return []
        frames.pop()
    return frames


def places(frames: list[FrameType]) -> tuple[Place, ...]:
    """The frames as plain data."""
    return tuple(Place(one.f_code, one.f_lineno, str(one.f_globals.get("__name__", ""))) for one in frames)


def calling(frames: list[FrameType]) -> Calling | None:
    """What the innermost frame needs to be asked for what it calls."""
    return Calling.of(frames[0]) if frames else None


def scope_in(frames: list[FrameType]) -> Mapping[str, Any] | None:
    """The ASGI scope that is handed through these functions, the outermost one's."""
    for frame in reversed(frames):
        if "scope" in frame.f_code.co_varnames[: frame.f_code.co_argcount]:
            found = frame.f_locals.get("scope")
            if isinstance(found, dict) and "type" in found:
                return found
    return None


def context_in(frames: list[FrameType]) -> Context | None:
    """The context that a worker thread runs its call in, from the variables of the pool's own function."""
    for frame in reversed(frames):
        for value in list(frame.f_locals.values()):
            found = _context_of(value)
            if found is not None:
                return found
        if frame.f_code.co_name == "run" and frame.f_code.co_filename.endswith(("thread.py", "_asyncio.py")):
            break
    return None


def _context_of(value: Any) -> Context | None:
    if isinstance(value, Context):
        return value
    # `run_in_executor` is given `partial(context.run, …)`, and keeps it in its work item.
    call = getattr(value, "fn", value) if type(value).__name__ == "_WorkItem" else None
    call = getattr(call, "func", call)
    owner = getattr(call, "__self__", None)
    return owner if isinstance(owner, Context) else None


def innermost_frames() -> Mapping[int, FrameType]:
    """The innermost frame of each thread."""
    return sys._current_frames()


def frames_of(innermost: FrameType) -> list[FrameType]:
    """All of a thread's frames, the innermost first."""
    return list(_outwards(innermost))


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(_DEEPEST):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _is_asyncios(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("asyncio.")
