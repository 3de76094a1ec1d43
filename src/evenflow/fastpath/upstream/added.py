"""What FastAPI has only had since 0.164 (limits of bodies) or 0.165 (limits of forms), and what stands in before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import routing


def _nothing(*given: Any) -> Any:
    return None


def _no_limits(scope: Any, limits: Any) -> Any:
    return {}


apply_form_limits: Any = getattr(routing, "_apply_router_form_limits", _nothing)
resolve_form_limits: Any = getattr(routing, "_resolve_form_limits", _no_limits)
body_limit_error: Any = getattr(routing, "get_body_limit_error", _nothing)
with_body_limit: Any = getattr(routing, "wrap_app_with_body_limit", None)


def form_limits(declared: Any) -> Mapping[str, Any] | None:
    """The limits for forms that a route, a router or an inclusion declares."""
    limits: Mapping[str, Any] | None = getattr(declared, "form_limits", None)
    return limits


def form_limits_given(route: Any) -> dict[str, Any]:
    """The same, as an argument for FastAPI's `get_request_handler`."""
    return {"form_limits": route.form_limits} if hasattr(route, "form_limits") else {}


def body_limit(declared: Any) -> int | None:
    """How many bytes the body of a route's requests may have."""
    limit: int | None = getattr(declared, "max_body_size", None)
    return limit


def within_body_limit(app: Any) -> Any:
    """The app that `with_body_limit` was given; None if that did not make this one."""
    made = with_body_limit(None, 0)
    same = type(app) is type(made) and type(app.app) is type(made.app)
    return app.app.app if same else None
