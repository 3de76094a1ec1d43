"""The request that is being served."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

current: ContextVar[Mapping[str, Any] | None] = ContextVar("evenflow_request", default=None)
"""The ASGI scope of the request that is being served; None outside of one."""


def route() -> str | None:
    """The route of the request being served, such as `GET /users/{id}`: never the path itself, which holds values.

    None outside of a request, before its route is found, and where nobody has set `current`.
    """
    return route_of(current.get())


def route_of(scope: Mapping[str, Any] | None) -> str | None:
    """The route that was found for the request of an ASGI scope; in an app that is mounted, with the mount's path."""
    found = scope.get("route") if scope is not None else None
    # What a router was included with (its prefix) FastAPI keeps beside the route.
    included = (scope or {}).get("fastapi", {}).get("effective_route_context")
    if included is not None and getattr(included, "original_route", None) is found:
        found = getattr(included, "starlette_route", None) or included
    path = getattr(found, "path_format", None) or getattr(found, "path", None)
    if scope is None or path is None:
        return None
    own = getattr(found, "param_convertors", {})
    return f"{method_of(scope)} {_mounted_at(scope, own)}{path}"


def method_of(scope: Mapping[str, Any]) -> str:
    """`GET`, or for what has no method, its type: `WEBSOCKET`."""
    return str(scope.get("method") or str(scope.get("type")).upper())


def _mounted_at(scope: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    if "app_root_path" not in scope:
        return ""
    segments = str(scope.get("root_path", ""))[len(scope["app_root_path"]) :].split("/")
    parameters = {name: str(value) for name, value in scope.get("path_params", {}).items() if name not in own}
    for name, value in parameters.items():
        if value not in segments:
            # Written otherwise than it is read; then nothing of it is told.
            return "/…"
        segments[segments.index(value)] = f"{{{name}}}"
    return "/".join(segments)
