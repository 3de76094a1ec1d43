"""When a dependency puts an override in place for one that comes later, FastAPI goes on with the request.

It gets a handler of the same route whose one dependency solves what is left: places in the tree of dependencies that
have run keep their values, places that have begun are ended as they began, and all others are FastAPI's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from fastapi import BackgroundTasks, Request, Response

from evenflow.fastpath.plan import RoutePlan
from evenflow.fastpath.receiving import MISSING, invalid_request
from evenflow.fastpath.upstream.callees import cache_key, entered, giving_dependant, new_dependant
from evenflow.fastpath.upstream.names import NOT_AWAITED, FastAPIError, solve_dependencies

__all__ = ["Progress", "resumed", "resumed_response"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request has come. Places are numbered as they are met, each before those below it."""

    plan: RoutePlan
    at: int
    """The first place that has not begun."""
    done: Sequence[tuple[int, Any]]
    """Places that have been left, with their values, or `MISSING` where something was wrong."""
    begun: Mapping[int, int]
    """How many errors there were when those places began that have not been left."""
    errors: list[Any]
    body: Any
    reply: Response | None
    background: BackgroundTasks | None


async def resumed(progress: Progress, request: Request, receive: Any, send: Any) -> None:
    """Serves the rest of a request. What is raised comes out, as from a route."""
    scope = request.scope
    awaited = False
    async with AsyncExitStack() as files, AsyncExitStack() as request_stack:
        scope["fastapi_middleware_astack"] = files
        scope["fastapi_inner_astack"] = request_stack
        async with AsyncExitStack() as function_stack:
            scope["fastapi_function_astack"] = function_stack
            response = await resumed_response(progress, request)
        await response(scope, receive, send)
        awaited = True
    if not awaited:
        raise FastAPIError(NOT_AWAITED)


async def resumed_response(progress: Progress, request: Request) -> Any:
    """Makes the response, where the exit stacks that FastAPI needs are there."""
    return await _handler(progress)(request)


def _handler(progress: Progress) -> Any:
    plan = progress.plan
    values: dict[str, Any] = {}

    # Annotated as endpoints are: where there are overrides, FastAPI reads the signature.
    async def solve(request: Request, response: Response, background_tasks: BackgroundTasks) -> None:
        if progress.reply is not None:
            response.__dict__ = progress.reply.__dict__  # what has run holds on to that one
        if progress.background is not None:
            background_tasks.__dict__ = progress.background.__dict__
        rest = _Rest(progress, request, response, background_tasks)
        values.update(await rest.values(plan.endpoint.dependant, 0))
        if progress.errors:
            raise invalid_request(progress.errors, progress.body, plan, request.scope)

    dependant = plan.endpoint.dependant
    given = [giving_dependant(_value(values, name), name, dependant.path) for name in plan.endpoint.arguments]
    first = giving_dependant(solve, None, dependant.path, special=True)
    return plan.rebuild(new_dependant(dependant.call, dependant.path, [first, *given]))


def _value(values: Mapping[str, Any], name: str) -> Any:
    async def value() -> Any:
        return values[name]

    return value


class _Rest:
    """Solves what is left of a route's dependencies."""

    def __init__(self, progress: Progress, request: Request, response: Response, background: BackgroundTasks) -> None:
        self._progress = progress
        self._request = request
        self._response = response
        self._background = background
        self._done = dict(progress.done)
        self._cache = self._solved(progress.plan.endpoint.dependant)

    async def values(self, dependant: Any, place: int) -> dict[str, Any]:
        """The arguments of a callable that has begun, or the endpoint's."""
        values = {}
        below = place + 1
        for each in dependant.dependencies:
            value = await self._value(each, below)
            below += _size(each)
            if each.name is not None and value is not MISSING:
                values[each.name] = value
        own = await self._by_fastapi(replace(dependant, dependencies=[]))
        return values | own

    async def _value(self, dependant: Any, place: int) -> Any:
        if place in self._done:
            return self._done[place]
        if place >= self._progress.at:
            before = len(self._progress.errors)
            name = "value"
            found = await self._by_fastapi(new_dependant(None, dependant.path, [replace(dependant, name=name)]))
            return found[name] if len(self._progress.errors) == before else MISSING
        before = self._progress.begun.get(place, len(self._progress.errors))
        values = await self.values(dependant, place)
        if len(self._progress.errors) != before:
            return MISSING
        key = cache_key(dependant)
        if dependant.use_cache and key in self._cache:
            return self._cache[key]
        value = await entered(dependant, values, self._request)
        self._cache.setdefault(key, value)
        return value

    async def _by_fastapi(self, dependant: Any) -> dict[str, Any]:
        scope = self._request.scope
        solved = await solve_dependencies(
            request=self._request,
            dependant=dependant,
            body=self._progress.body,
            background_tasks=self._background,
            response=self._response,
            dependency_overrides_provider=self._progress.plan.overrides,
            dependency_cache=self._cache,
            async_exit_stack=scope["fastapi_inner_astack"],
            embed_body_fields=self._progress.plan.embed,
        )
        self._progress.errors.extend(solved.errors)
        return solved.values

    def _solved(self, endpoint: Any) -> dict[Any, Any]:
        cache: dict[Any, Any] = {}
        places = _places(endpoint)
        for place, value in self._progress.done:
            if value is not MISSING:
                cache.setdefault(cache_key(places[place]), value)
        return cache


def _places(dependant: Any) -> list[Any]:
    return [dependant, *(one for each in dependant.dependencies for one in _places(each))]


def _size(dependant: Any) -> int:
    return len(_places(dependant))
