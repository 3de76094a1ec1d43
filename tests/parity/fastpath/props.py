"""What generated apps are furnished with: route and response classes, middlewares, security."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBearer, OAuth2PasswordBearer
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .stage import FAINT, TRAIL, log

bearer = HTTPBearer()
perhaps_bearer = HTTPBearer(auto_error=False)
basic = HTTPBasic(realm="fuzz")
oauth = OAuth2PasswordBearer(tokenUrl="token", scopes={"read": "r", "write": "w"})
key_query = APIKeyQuery(name="key")
key_header = APIKeyHeader(name="X-Key", auto_error=False)
key_cookie = APIKeyCookie(name="key", auto_error=False)
SECURITY = ("bearer", "perhaps_bearer", "basic", "oauth", "key_query", "key_header", "key_cookie")


class Upper(JSONResponse):
    def render(self, content: Any) -> bytes:
        log("Upper renders")
        return json.dumps(content, default=str).upper().encode()


class Text(Response):
    media_type = "text/x-fuzz"
    charset = "latin-1"

    def render(self, content: Any) -> bytes:
        return repr(content).encode()


class Quiet(JSONResponse):
    """A subclass that changes nothing but its name."""


class TimedRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Any]:
        original = super().get_route_handler()

        async def timed(request: Request) -> Response:
            log("timed before")
            response: Response = await original(request)
            response.headers["x-timed"] = "1"
            log("timed after")
            return response

        return timed


class NamedRoute(APIRoute):
    """A subclass that changes nothing but its name."""


class PickyRoute(APIRoute):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if b"picky=no" in scope.get("query_string", b""):
            return Match.NONE, {}
        return super().matches(scope)


class OwnRouter(APIRouter):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        log("OwnRouter is asked")
        return super().matches(scope)


class Pure:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            log("Pure sends", message["type"])
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-pure", ",".join(TRAIL.get()).encode())]
            await send(message)

        TRAIL.set((*TRAIL.get(), "Pure"))
        try:
            await self.app(scope, receive, marked)
        finally:
            log("Pure left", ",".join(TRAIL.get()), scope.get("path_params"), getattr(scope.get("route"), "path", None))
            FAINT.append(f"Pure scope {sorted(scope)} {sorted(scope.get('fastapi') or {})}")


class Swallowing:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            log("swallowed", type(error).__name__)
            if started or scope["type"] != "http":
                raise
            await JSONResponse({"swallowed": type(error).__name__}, 500)(scope, receive, send)


class Rewriting:
    """Changes the request on its way: another query, body messages in other pieces."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted() -> Message:
            message = await receive()
            log("received", message["type"])
            return message

        if scope["type"] == "http":
            scope = {**scope, "query_string": scope["query_string"] + b"&rewritten=1"}
        await self.app(scope, noted, send)


class Based(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Any) -> Response:
        log("Based before")
        response: Response = await call_next(request)
        response.headers["x-based"] = request.method
        return response


SOME_FILE = __file__
FOLDER = Path(__file__).parent


def grow(kept: list[Any]) -> list[Any]:
    """A value that lives longer than its request, and changes."""
    kept.append(len(kept))
    return kept[-3:]


async def pieces(name: str) -> AsyncIterator[str]:
    log("pieces", name)
    yield name
    if name == "broken":
        raise ValueError("the stream broke")
    log("pieces end", name)


def with_cookie(response: Response) -> Response:
    response.set_cookie("own", "1")
    return response
