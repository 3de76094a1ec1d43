"""Writes an app as a program."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from .spec import App, Handler, Need, Route, Router
from .write_function import dependency, depends, endpoint

PREAMBLE = """\
import functools
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, AsyncIterable, Iterable, Literal
from uuid import UUID

from tests.parity.fastpath.models import *
from tests.parity.fastpath.props import *
from tests.parity.fastpath.stage import *

from fastapi import *
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import *
from fastapi.security import SecurityScopes
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Json, SecretStr
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Router as StarletteRouter

kept = []


def instead():
    return arrive("instead")

"""

MIDDLEWARES = {
    "pure": "Pure",
    "based": "Based",
    "swallowing": "Swallowing",
    "rewriting": "Rewriting",
    "gzip": "GZipMiddleware, minimum_size=20",
    "cors": "CORSMiddleware, allow_origins=['http://a'], allow_credentials=True, allow_methods=['*']",
}


def source(app: App) -> str:
    """The program that makes `app`; its routes of late are declared by `late()`."""
    parts = [PREAMBLE]
    parts += [dependency(function) for function in app.dependencies]
    parts.append(f"app = FastAPI({', '.join([*dependencies(app.root.needs), *app.root.options])})")
    parts += [f"app.add_middleware({MIDDLEWARES[name]})" for name in app.middlewares]
    parts += [handler(each) for each in app.handlers]
    parts += body(app.root, "app")
    parts += [f"app.dependency_overrides[{name}] = instead" for name in app.overrides]
    late = [*body(Router("late", app.late), "app"), *(["app.router.routes.reverse()"] if app.turned else [])]
    if late:
        # Names are the program's own: a mounted app is counted by its name.
        names = sorted({entry.name for entry in app.late if isinstance(entry, Router)})
        parts.append(
            "\ndef late():\n" + indent("\n".join([f"global {', '.join(names)}" if names else "", *late]), "    ")
        )
    return "\n".join(parts) + "\n"


def dependencies(needs: tuple[Need, ...]) -> list[str]:
    return [f"dependencies=[{', '.join(map(depends, needs))}]"] if needs else []


def body(router: Router, target: str) -> Iterator[str]:
    for entry in router.entries:
        yield "\n".join(included(entry, target)) if isinstance(entry, Router) else route(entry, target)


def included(router: Router, into: str) -> Iterator[str]:
    if router.kind == "app":
        yield f"\n{router.name} = FastAPI({', '.join([*dependencies(router.needs), *router.options])})"
        yield from body(router, router.name)
        yield f"{into}.mount({router.include_prefix!r}, {router.name})"
        return
    prefix = [f"prefix={router.prefix!r}"] if router.prefix else []
    made = "OwnRouter" if router.kind == "own" else "APIRouter"
    yield f"\n{router.name} = {made}({', '.join([*prefix, *dependencies(router.needs), *router.options])})"
    parts = list(body(router, router.name))
    if not router.early:
        yield from parts
    for again in [router.include_prefix, *([router.again] if router.again is not None else [])]:
        options = [f"prefix={again!r}"] if again else []
        options += [*dependencies(router.include_needs), *router.include_options]
        yield f"{into}.include_router({', '.join([router.name, *options])})"
    if router.early:
        yield from parts


def route(route: Route, target: str) -> str:
    if route.kind == "websocket":
        return f"\n@{target}.websocket({route.path!r})\n" + WEBSOCKET.format(name=route.function.name)
    if route.kind == "frontend":
        return f"\n{target}.frontend({route.path!r}, directory=FOLDER, check_dir=False)"
    if route.kind == "mount":
        return f"\n{target}.mount({route.path!r}, PlainTextResponse({route.function.name!r}))"
    if route.kind == "starlette":
        code = STARLETTE.format(name=route.function.name)
        return f"{code}\n{target}.add_route({route.path!r}, {route.function.name}, methods={list(route.methods)!r})"
    options = [repr(route.path), f"methods={list(route.methods)!r}", *dependencies(route.needs), *route.options]
    if route.model is not None and not route.annotated:
        options.append(f"response_model={route.model}")
    return f"\n@{target}.api_route({', '.join(options)})\n" + endpoint(route)


WEBSOCKET = """\
async def {name}(websocket: WebSocket):
    await websocket.accept()
    arrive({name!r}, text=await websocket.receive_text())
    await websocket.send_text("seen")
    await websocket.close()
"""

STARLETTE = """\
async def {name}(request):
    arrive({name!r})
    look({name!r}, request)
    return PlainTextResponse({name!r})
"""

DOES = {
    "json": "return JSONResponse({'handled': type(error).__name__, 'text': without_addresses(str(error))}, 400)",
    "status": "return PlainTextResponse('handled', 499, {'x-handler': 'yes'})",
    "nothing": "return None",
    "raise": "raise Custom('from a handler') from error",
    "again": "raise error",
    "task": "return JSONResponse({}, background=BackgroundTask(work, 'task of a handler'))",
}


def handler(handler: Handler) -> str:
    start = "async def" if handler.form == "async" else "def"
    return (
        f"\n@app.exception_handler({handler.key})\n{start} {handler.name}(request, error):\n"
        f"    arrive({handler.name!r}, error=repr(error))\n    look({handler.name!r}, request)\n"
        + (f"    await read({handler.name!r}, request)\n" if handler.form == "async" else "")
        + f"    {DOES[handler.does]}\n"
    )
