"""The stack of a thread as plain data, and which of its frames are the program's own."""

from __future__ import annotations

import inspect
import linecache
import site
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType

from evenflow.guard.steps.origins import origin_of, scope_in

_PACKAGE = str(Path(__file__).resolve().parents[2])
_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
_ROOM = "evenflow.guard.steps."
_LOOPS = frozenset(
    {"asyncio.events", "asyncio.base_events", "asyncio.runners", "asyncio.unix_events", "uvloop", f"{_ROOM}loops"}
)
_DEEPEST = 400


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on a stack."""

    code: CodeType
    file: str
    line: int
    name: str
    """The function, with its class: `Session.request`."""
    module: str
    program: bool
    """Whether it is code of the program: not the standard library's, an installed package's, or Evenflow's."""
    awaited: bool
    """Whether it is a coroutine."""
    scope: Mapping[str, object] | None
    """The ASGI scope that the function was called with, or of the request that its task was made for."""
    position: int
    """Where in its code it stands."""

    @property
    def full_name(self) -> str:
        """The function with its module: `requests.sessions.Session.request`."""
        return f"{self.module}.{self.name}"


def stack(innermost: FrameType | None) -> list[Frame]:
    """The calls from `innermost` out to the step of the event loop that made them, innermost first."""
    found: list[Frame] = []
    frame = innermost
    while frame is not None and len(found) < _DEEPEST:
        module = frame.f_globals.get("__name__") or ""
        if module in _LOOPS:
            break
        if not module.startswith(_ROOM):
            found.append(_read(frame, module))
        frame = frame.f_back
    return found


def innermost_of_program(frame: FrameType | None) -> tuple[str, int] | None:
    """The place in the program that `frame` came from; None where no code of the program is below it."""
    while frame is not None:
        if frame.f_globals.get("__name__") in _LOOPS:
            return None
        if is_program(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


@lru_cache(maxsize=10_000)
def is_program(file: str) -> bool:
    """Whether a file is the program's: not the standard library's, an installed package's, Evenflow's, or generated."""
    if file.startswith("<") or "site-packages" in file or "dist-packages" in file:
        return False
    return not file.startswith(_library_folders())


@lru_cache(maxsize=1)
def _library_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found.update(site.getsitepackages() if hasattr(site, "getsitepackages") else ())
    # In a virtual environment the standard library is the base interpreter's.
    found.add(str(Path(linecache.__file__).parent))
    found.add(_PACKAGE)
    return tuple(folder.rstrip("/\\") + ("\\" if sys.platform == "win32" else "/") for folder in found if folder)


def _read(frame: FrameType, module: str) -> Frame:
    code = frame.f_code
    return Frame(
        code=code,
        file=code.co_filename,
        line=frame.f_lineno or code.co_firstlineno,
        name=code.co_qualname.replace("<locals>.", ""),
        module=module,
        program=is_program(code.co_filename),
        awaited=bool(code.co_flags & _ASYNC) or code.co_name == "__await__",
        scope=scope_in(frame) or origin_of(frame),
        position=frame.f_lasti,
    )
