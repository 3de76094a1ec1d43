"""Remembers which request a task was made for: its own stack does not lead there."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Mapping
from functools import wraps
from types import CodeType, FrameType
from typing import Any

Scope = Mapping[str, object]
_DEEPEST = 200

_origins: dict[int, tuple[Scope, weakref.ref[Any]]] = {}
"""By the identity of the outermost frame of a task; an entry goes with the task's coroutine."""

_has_scope: dict[int, tuple[bool, CodeType]] = {}
"""Whether a function has a variable of that name. By identity, because a code object's hash and names are slow."""


def origin_of(frame: FrameType) -> Scope | None:
    """The ASGI scope of the request in which the task was made whose outermost frame this is."""
    found = _origins.get(id(frame))
    return found[0] if found is not None else None


def scope_in(frame: FrameType) -> Scope | None:
    """The ASGI scope that a function was called with, if it was called with one."""
    code = frame.f_code
    known = _has_scope.get(id(code))
    if known is None or known[1] is not code:
        known = _has_scope[id(code)] = "scope" in code.co_varnames or "scope" in code.co_cellvars, code
    if not known[0]:
        return None
    scope = frame.f_locals.get("scope")
    return scope if isinstance(scope, dict) and "type" in scope else None


def remembering(create_task: Callable[..., Any]) -> Callable[..., Any]:
    """A loop's `create_task` that remembers where the task comes from."""

    @wraps(create_task)
    def remembers(loop: Any, coroutine: Any, **options: Any) -> Any:
        frame = getattr(coroutine, "cr_frame", None)
        scope = _scope_below(sys._getframe(1)) if frame is not None else None
        if scope is not None:
            number = id(frame)
            _origins[number] = scope, weakref.ref(coroutine, lambda _: _origins.pop(number, None))
        return create_task(loop, coroutine, **options)

    return remembers


def _scope_below(innermost: FrameType) -> Scope | None:
    frame: FrameType | None = innermost
    for _ in range(_DEEPEST):
        if frame is None or frame.f_code.co_name == "_run":  # of the handle: here the step begins
            return None
        scope = scope_in(frame) or origin_of(frame)
        if scope is not None:
            return scope
        frame = frame.f_back
    return None
