"""Finds out about an app what `evenflow check` tells. The app's lifespan is not started."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, get_args, get_origin

from evenflow.cli.attaching import attached, declined, kind_of, mounted_apps, unlogged
from evenflow.cli.checking.findings import AppFindings, MiddlewareFinding, RouteFinding, RowsFinding
from evenflow.cli.checking.layer import microseconds_of_a_layer
from evenflow.cli.loop import new_event_loop
from evenflow.fastpath import Fastpath, RouteReport


def examine(app: Any, at: str = "") -> AppFindings:
    """What there is to tell of a FastAPI app, and of those mounted in it."""
    path = attached(app)
    routes: tuple[RouteFinding, ...] = ()
    off = declined(app)
    if isinstance(path, Fastpath):
        with unlogged(), asyncio.Runner(loop_factory=new_event_loop) as runner:
            # Only a stack that is built shows whether there is a way in. Middlewares expect a loop.
            runner.run(_build_stack(app))
            off = off or path.off
            routes = tuple(_routes(path, at))
    else:
        off = path
    own = [route.compiled for route in routes if route.kind == "route"]
    return AppFindings(
        at=at,
        off=off,
        compiled=sum(own),
        of=len(own),
        routes=routes,
        middlewares=tuple(map(_middleware, app.user_middleware)),
        models=tuple(_rows(app)),
        mounted=tuple(examine(inner, at + where) for where, inner in mounted_apps(app)),
    )


async def _build_stack(app: Any) -> None:
    app.build_middleware_stack()


def _routes(path: Fastpath, at: str) -> Iterator[RouteFinding]:
    reports = path.report().routes
    found = [_route(report, at) for report in reports]
    behind = {each.index: each.behind for each in path.unreachable()}
    for index, route in enumerate(found):
        yield replace(route, unreachable_behind=tuple(found[place].name for place in behind.get(index, ())))


def _route(report: RouteReport, at: str) -> RouteFinding:
    return RouteFinding(
        methods=report.methods,
        path=at + report.path,
        endpoint=_place(report.endpoint),
        compiled=report.compiled,
        reason=report.reason,
        unreachable_behind=(),
        kind=kind_of(report),
    )


def _place(endpoint: Any) -> str | None:
    """The module and line of what answers."""
    if endpoint is None:
        return None
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    if not inspect.isroutine(endpoint) and not inspect.isclass(endpoint):
        endpoint = vars(type(endpoint)).get("__call__", type(endpoint))
    found = inspect.unwrap(endpoint)
    code = getattr(found, "__code__", None)
    return f"{found.__module__}:{code.co_firstlineno}" if code is not None else str(found.__module__)


def _middleware(middleware: Any) -> MiddlewareFinding:
    from starlette.middleware.base import BaseHTTPMiddleware

    kind = middleware.cls
    # `@app.middleware("http")` is this class with the user's function.
    named = middleware.kwargs.get("dispatch", kind) if kind is BaseHTTPMiddleware else kind
    slow = inspect.isclass(kind) and issubclass(kind, BaseHTTPMiddleware)
    name = getattr(named, "__qualname__", None) or type(named).__name__
    return MiddlewareFinding(
        name=f"{getattr(named, '__module__', '?')}.{name}",
        microseconds=round(microseconds_of_a_layer(), 1) if slow else None,
    )


def _rows(app: Any) -> Iterator[RowsFinding]:
    from fastapi.routing import iter_route_contexts

    declared = [getattr(context, "response_model", None) for context in iter_route_contexts(app.routes)]
    for model in dict.fromkeys(filter(None, map(_model_of_rows, declared))):
        # Not before it is needed: an app without rows is spared SQLAlchemy.
        from evenflow.database import why_not

        reason = why_not(model)
        name = f"{model.__module__}.{model.__qualname__}"
        yield RowsFinding(model=name, rows_as_json=reason is None, reason=reason)


def _model_of_rows(declared: Any) -> Any:
    """The model of which a route declares a list; None if it declares something else."""
    from pydantic import BaseModel

    (inner, *more) = get_args(declared) or (None,)
    rows = get_origin(declared) in (list, Sequence) and not more
    return inner if rows and inspect.isclass(inner) and issubclass(inner, BaseModel) else None
