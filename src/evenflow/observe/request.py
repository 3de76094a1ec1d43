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
    scope = current.get()
    found = scope.get("route") if scope is not None else None
    path = getattr(found, "path_format", None) or getattr(found, "path", None)
    if scope is None or path is None:
        return None
    return f"{scope.get('method') or str(scope.get('type')).upper()} {path}"
