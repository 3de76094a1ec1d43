"""Which route a request is for, also before the app has found it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType
from typing import Any

from evenflow.guard.watchdog.ownership import is_program
from evenflow.observe.request import method_of, route_of


def name_of(scope: Mapping[str, Any] | None, app: Any) -> str | None:
    """`GET /users/{id}`; `lifespan`; None where no route of the app answers the request."""
    if scope is None:
        return None
    if scope.get("type") == "lifespan":
        return "lifespan"
    return route_of(scope) or _asked(scope, app)


def name_of_task(task: Any) -> str | None:
    """`task refresh`, for a task that belongs to no request; None where it is none of the program's."""
    code = getattr(task.get_coro(), "cr_code", None)
    if not isinstance(code, CodeType) or not is_program(code.co_filename):
        return None
    return f"task {code.co_qualname.replace('<locals>.', '')}"


def name_of_function(codes: Iterable[CodeType], app: Any) -> str | None:
    """The route that one of these functions answers, if it answers no other."""
    wanted = set(codes)
    found = [
        f"{sorted(route.methods)[0] if route.methods else 'WEBSOCKET'} {route.path_format}"
        for route in _routes(app)
        if endpoint_of({"endpoint": getattr(route, "endpoint", None)}) in wanted
    ]
    return found[0] if len(found) == 1 else None


def endpoint_of(scope: Mapping[str, Any] | None) -> CodeType | None:
    """The function that answers the request, without its decorators."""
    endpoint = scope.get("endpoint") if scope is not None else None
    for _ in range(20):
        endpoint = getattr(endpoint, "__wrapped__", endpoint)
    code = getattr(endpoint, "__code__", None)
    return code if isinstance(code, CodeType) and is_program(code.co_filename) else None


def _asked(scope: Mapping[str, Any], app: Any) -> str | None:
    if scope.get("type") not in {"http", "websocket"}:
        return None
    path = str(scope.get("path", ""))
    root = str(scope.get("app_root_path", scope.get("root_path", "")))
    if root and path.startswith(root):
        path = path[len(root) :]
    found = next(_answering(app, path, scope), None)
    return f"{method_of(scope)} {found}" if found else None


def _answering(app: Any, path: str, scope: Mapping[str, Any]) -> Iterator[str]:
    """The templates of the routes that answer this path and method, in order."""
    from starlette.routing import compile_path

    for route in _routes(app):
        template = getattr(route, "path", None)
        if not isinstance(template, str):
            continue
        original = getattr(route, "original_route", route)
        if not hasattr(original, "endpoint") and hasattr(original, "app"):
            match = compile_path(template + "/{path:path}")[0].match(path)
            if match:
                prefix = compile_path(template)[1]
                yield from (prefix + below for below in _answering(original.app, f"/{match['path']}", scope))
            continue
        pattern, name, _ = compile_path(template)
        methods = getattr(route, "methods", None)
        if pattern.match(path) and (not methods or scope.get("method") in methods):
            yield name


def _routes(app: Any) -> list[Any]:
    for _ in range(20):
        routes = getattr(app, "routes", None)
        if routes is not None:
            break
        app = getattr(app, "app", None)
    else:
        return []
    fastapi = sys.modules.get("fastapi.routing")
    return list(fastapi.iter_route_contexts(routes)) if fastapi is not None else list(routes)
