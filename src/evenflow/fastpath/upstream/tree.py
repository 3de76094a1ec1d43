"""Walks an app's routes in the order in which FastAPI asks them, through included routers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import getattr_static
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute, _IncludedRouter
from starlette import routing
from starlette.convertors import Convertor

from evenflow.fastpath.plan import Place
from evenflow.fastpath.upstream.added import form_limits

_ROUTER_METHODS = ("app", "handle", "matches", "__call__", "_mark_routes_changed", "_get_routes_version")
_ROUTE_METHODS = ("matches", "handle", "__call__")
_WEBSOCKETS = (routing.WebSocketRoute, APIWebSocketRoute)
_STARLETTE = (routing.Route, routing.Mount)


@dataclass(frozen=True, slots=True)
class Found:
    """A route as it is met on the walk."""

    top: int
    state: Any
    """What holds the route's effective declarations: the route itself, or FastAPI's context of its inclusion."""
    place: Place | None
    opaque: str | None
    """Why nobody but the route itself can say what it matches."""


def walk(router: APIRouter) -> Iterator[Found]:
    """Every route that an HTTP request can meet, in order."""
    included = False
    for top, route in enumerate(router.routes):
        if isinstance(route, _IncludedRouter):
            included = True
            yield from _within(router, top, route, ())
        elif type(route) not in _WEBSOCKETS:
            yield Found(top, route, _place(router, route, None, None, (), after=included), _opaque(route))


def routers_of(router: APIRouter) -> list[APIRouter]:
    """The router and all that are included in it, at any depth."""
    found = [router]
    for each in found:
        inner = [route.original_router for route in each.routes if isinstance(route, _IncludedRouter)]
        found.extend(one for one in inner if all(one is not other for other in found))
    return found


def mounted_apps(router: APIRouter) -> list[FastAPI]:
    """The FastAPI apps mounted in this one, not those mounted in them."""
    mounts = [route for each in routers_of(router) for route in each.routes if isinstance(route, routing.Mount)]
    return [mount.app for mount in mounts if isinstance(mount.app, FastAPI)]


def own_matching(router: Any) -> str | None:
    """Why a router does not match as FastAPI's do; None if it does."""
    if not isinstance(router, APIRouter):
        return f"the app's router is a {type(router).__name__}"
    return overridden(router, APIRouter, _ROUTER_METHODS)


def has_low_priority_routes(router: APIRouter) -> bool:
    """Whether static files wait for what no route matches."""
    return any(each._low_priority_routes for each in routers_of(router))


def _within(router: APIRouter, top: int, branch: _IncludedRouter, limits: Sequence[Any]) -> Iterator[Found]:
    reason = overridden(branch.original_router, APIRouter, _ROUTER_METHODS)
    if reason:
        yield Found(top, None, None, reason)
        return
    limits = (*limits, form_limits(branch.include_context))
    for candidate in branch.effective_candidates():
        if isinstance(candidate, _IncludedRouter):
            yield from _within(router, top, candidate, limits)
            continue
        original = candidate.original_route
        if type(original) in _WEBSOCKETS:
            continue
        if isinstance(original, APIRoute):
            place = _place(router, original, branch, candidate, limits, after=True)
            yield Found(top, candidate, place, _opaque(original))
        else:
            starlette = candidate.starlette_route
            yield Found(top, starlette, None, _opaque(starlette))


def _place(
    router: APIRouter, route: Any, branch: Any, context: Any, limits: Sequence[Any], *, after: bool
) -> Place | None:
    if not isinstance(route, APIRoute):
        return None
    endpoint = context.endpoint if context is not None else route.endpoint
    given = tuple(each for each in (form_limits(router), *limits) if each)
    return Place(route, endpoint, router, branch, context, given, after)


def _opaque(route: Any) -> str | None:
    if isinstance(route, APIRoute):
        reason = overridden(route, APIRoute, _ROUTE_METHODS)
    elif type(route) in _STARLETTE:
        reason = overridden(route, type(route), _ROUTE_METHODS)
    else:
        return f"a route of type {type(route).__name__} can match anything"
    return reason or _own_convertor(route)


def _own_convertor(route: Any) -> str | None:
    for convertor in getattr(route, "param_convertors", {}).values():
        if type(convertor).__module__ != Convertor.__module__:
            return f"{type(convertor).__name__} is not one of Starlette's convertors"
    return None


def overridden(thing: Any, kind: type, names: Sequence[str]) -> str | None:
    """Says which of these methods `thing` does not have from `kind`."""
    for name in names:
        if name in getattr(thing, "__dict__", {}) and not hasattr(thing.__dict__[name], "__evenflow__"):
            return f"{name} of this {type(thing).__name__} was replaced"
        if getattr_static(type(thing), name, None) is not getattr_static(kind, name, None):
            return f"{type(thing).__name__} has its own {name}"
    return None
