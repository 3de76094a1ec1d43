"""What a piece of the program was run for: a route, the lifespan, a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evenflow.guard.steps.frames import Frame
from evenflow.observe import request


def route_of(frames: Sequence[Frame]) -> str | None:
    """The route that is being served on this stack; `lifespan`, `task refresh` for what is none.

    It is read from the scope that the functions of the stack were called with, so any ASGI app will do.
    """
    for frame in frames:
        if frame.scope is not None:
            found = route_of_scope(frame.scope)
            if found is not None:
                return found
    if in_request(frames):
        return None  # it is not found yet
    if frames and frames[-1].program and frames[-1].awaited:
        return f"task {frames[-1].name}"
    return None


def in_lifespan(frames: Sequence[Frame]) -> bool:
    """Whether the app is starting or stopping: nobody waits for an answer yet."""
    return any(frame.scope is not None and frame.scope.get("type") == "lifespan" for frame in frames)


def in_request(frames: Sequence[Frame]) -> bool:
    """Whether a request is being served."""
    return any(frame.scope is not None and frame.scope.get("type") in ("http", "websocket") for frame in frames)


def route_of_scope(scope: Mapping[str, object]) -> str | None:
    """The route that was found for a request; `lifespan` where there is no request."""
    return "lifespan" if scope.get("type") == "lifespan" else request.route_of(scope)
