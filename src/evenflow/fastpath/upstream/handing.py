"""Hands a request to FastAPI's own code for one route, as FastAPI's router does once it has found that route."""

from __future__ import annotations

from typing import Any

from fastapi.routing import _update_scope
from fastapi.telemetry._api import _route_selected
from starlette.routing import Match, Mount

from evenflow.fastpath.plan import Entry, Place
from evenflow.fastpath.upstream.added import apply_form_limits, form_limits
from evenflow.fastpath.upstream.agents import called_as_route


async def hand_to_route(
    entry: Entry, app: Any, parameters: dict[str, Any], scope: Any, receive: Any, send: Any
) -> None:
    """Calls the ASGI app of a route of FastAPI's: its own, or one that does the same."""
    place = entry.place
    assert place is not None
    _write_place(place, parameters, scope)
    path = place.effective_context.path_format if place.effective_context else place.route.path_format
    _route_selected(scope=scope, path=path)
    await called_as_route(place.route, app, scope, receive, send)


async def hand_to_top(router: Any, top: int, scope: Any, receive: Any, send: Any) -> None:
    """Does what the router does with one of its routes; the routes before it are known not to match."""
    apply_form_limits(scope, form_limits(router))
    if "router" not in scope:
        scope["router"] = router
    route = router.routes[top]
    match, child_scope = route.matches(scope)
    if match is not Match.FULL:
        await router(scope, receive, send)
        return
    _update_scope(scope, child_scope)
    _route_selected(scope=scope, path=getattr(route, "path_format", None), mount=isinstance(route, Mount))
    await route.handle(scope, receive, send)


async def not_found(router: Any, scope: Any, receive: Any, send: Any) -> None:
    """Does what the router does when no route matches."""
    apply_form_limits(scope, form_limits(router))
    if "router" not in scope:
        scope["router"] = router
    await router.default(scope, receive, send)


def _write_place(place: Place, parameters: dict[str, Any], scope: Any) -> None:
    if "router" not in scope:
        scope["router"] = place.router
    for limits in place.form_limits:
        apply_form_limits(scope, limits)
    if place.included_router is not None:
        inner = scope.setdefault("fastapi", {})
        inner["included_router"] = place.included_router
        inner["effective_route_context"] = place.effective_context
    elif place.after_included:
        scope.setdefault("fastapi", {})
    scope["endpoint"] = place.endpoint
    scope["path_params"] = {**scope.get("path_params", {}), **parameters}
    scope["route"] = place.route
