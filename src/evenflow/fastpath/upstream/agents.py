"""Agents that patch FastAPI: which of their patches are left in place, and how a compiled handler gets inside of them.

A patch around something that we call, or stay below of, runs as it would; it only decides where a route is compiled. A
wrapper around FastAPI's own handler is taken apart where it is one that is known, by the hash of the function that
makes it: the same wrapper is made once more, around the compiled handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from types import CellType, FunctionType
from typing import Any, Final

from fastapi import routing
from fastapi.routing import APIRoute, request_response

from evenflow.fastpath.upstream.versions import fingerprints, rebound, replaced, replacements, unknown
from evenflow.fastpath.upstream.watched import ABOVE, CALLED, HANDLING, INSIDE, MATCHING, STANDARD

_SENTRY: Final = "sentry_sdk.integrations.fastapi"
_WRAPPERS = {(_SENTRY, "patch_get_request_handler._sentry_get_request_handler._sentry_app"): "old_app"}
"""Functions that stand around FastAPI's handler, and the name by which they know it."""
_DATADOG: Final = ("ddtrace.contrib.internal.starlette.patch", "traced_handler")
"""Stands around `APIRoute.handle`: a wrapper as `wrapt` wants it, which does nothing with what it wraps but call it."""
KNOWN = {
    (_SENTRY, "patch_get_request_handler._sentry_get_request_handler._sentry_app"): frozenset({"4a4435fceb45d75f"}),
    _DATADOG: frozenset({"840aad2172cf3936"}),
}
"""Hashes of the functions above that were read."""
_HANDLES = ("fastapi.routing:APIRoute.handle", "starlette.routing:Route.handle")


def strange_matching() -> str | None:
    """Why routes may not even be looked up; None if they may."""
    strange = unknown(MATCHING)
    if strange:
        return strange
    for name, reason in replacements(MATCHING):
        if not name.startswith((*ABOVE, *INSIDE)) and not (name in _HANDLES and _handle_wrapper() is not None):
            return reason
    return None


def strange_handling() -> str | None:
    """Why no route may be compiled; None if they may."""
    for name, reason in chain(replacements(HANDLING), rebound(HANDLING)):
        if not name.startswith((*ABOVE, *INSIDE)):
            return reason
    return unknown(HANDLING) or unknown(CALLED) or replaced(STANDARD)


def only_inside() -> str | None:
    """Why routes may be compiled only as handlers, inside of what FastAPI has around them; None if they need not."""
    for name, reason in chain(replacements(MATCHING), replacements(HANDLING)):
        if not name.startswith(ABOVE):
            return reason
    return None


def own_handler(found: Any) -> tuple[Any, str | None] | None:
    """FastAPI's own handler within `found`, and the agent that has wrapped it; None where it cannot be said."""
    if _is_own(found):
        return found, None
    name = _wrapped_name(found)
    inner = closed_over(found, name) if name else None
    return (inner, found.__module__.partition(".")[0]) if _is_own(inner) else None


def is_from_routing(found: Any, name: str) -> bool:
    """Whether it is a function that FastAPI's own code has made."""
    # By name and file, because whoever wraps the function that makes it has not changed what that makes.
    code = found.__code__ if type(found) is FunctionType else None
    return code is not None and code.co_qualname == name and code.co_filename == routing.__file__


def _is_own(found: Any) -> bool:
    return is_from_routing(found, "get_request_handler.<locals>.app")


def around(app: Any, handler: Any) -> Any:
    """An ASGI app as FastAPI makes it for a route, and as agents have wrapped it, with another handler inside."""
    outer = closed_over(app, "f")
    name = _wrapped_name(outer)
    return request_response(handler if name is None else _made_again(outer, name, handler))


def called_as_route(route: Any, app: Any, scope: Any, receive: Any, send: Any) -> Any:
    """Calls the app of a route as `route.handle` does, inside of what an agent has put around that."""
    wrapper = _handle_wrapper()
    if wrapper is None:
        return app(scope, receive, send)
    return wrapper(app, route, (scope, receive, send), {})


def closed_over(function: Any, name: str) -> Any:
    """What `function` knows by a name of the function it was defined in; None if there is no such name."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    return cells[name].cell_contents if name in cells else None


def own_get_request_handler() -> Any:
    """FastAPI's function that makes handlers, whoever has wrapped it."""
    for found in _within(routing.get_request_handler):
        if is_from_routing(found, "get_request_handler"):
            return found
    return routing.get_request_handler


def _within(function: Any) -> Iterator[Any]:
    """A function and those that it wraps, in the ways in which functions are wrapped."""
    todo, seen = [function], set()
    while todo:
        found = todo.pop()
        if id(found) in seen or not callable(found):
            continue
        seen.add(id(found))
        if type(found) is FunctionType:
            yield found
            todo += [cell.cell_contents for cell in found.__closure__ or () if _is_set(cell)]
        if hasattr(found, "__wrapped__"):
            todo.append(found.__wrapped__)


def _is_set(cell: CellType) -> bool:
    try:
        return callable(cell.cell_contents)
    except ValueError:
        return False


def _wrapped_name(found: Any) -> str | None:
    """The name by which a known wrapper of an agent's knows what it wraps."""
    if type(found) is not FunctionType:
        return None
    written = found.__module__, found.__code__.co_qualname.replace(".<locals>", "")
    name = _WRAPPERS.get(written)
    return name if name is not None and _is_known(*written) else None


@cache
def _is_known(module: str, function: str) -> bool:
    return fingerprints(module, (function,))[function] in KNOWN.get((module, function), ())


def _handle_wrapper() -> Callable[..., Any] | None:
    """What an agent has put around the handling of each route."""
    handle = vars(APIRoute)["handle"]
    if type(handle) is FunctionType:
        return None
    wrapper = getattr(handle, "_self_wrapper", None)
    if type(wrapper) is not FunctionType or (wrapper.__module__, wrapper.__qualname__) != _DATADOG:
        return None
    return wrapper if _is_known(*_DATADOG) else None


def _made_again(wrapper: Any, name: str, inner: Any) -> Any:
    names = wrapper.__code__.co_freevars
    cells = tuple(
        CellType(inner) if each == name else cell for each, cell in zip(names, wrapper.__closure__, strict=True)
    )
    again = FunctionType(wrapper.__code__, wrapper.__globals__, wrapper.__name__, wrapper.__defaults__, cells)
    again.__kwdefaults__ = wrapper.__kwdefaults__
    return again
