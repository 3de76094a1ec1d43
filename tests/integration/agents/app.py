"""An app with a route for everything an agent may see, and requests to all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Cookie, Depends, FastAPI, Form, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

INNER = "/eins/zwei"


class Item(BaseModel):
    name: str
    price: float = 1.0


class OutOfStock(Exception):
    """Has a handler of the app's own."""


async def session() -> AsyncIterator[str]:
    yield "session"


def user(token: str = "nobody") -> str:
    return token


async def stock(count: int = 1) -> int:
    if count > 100:
        raise OutOfStock
    if count < 0:
        raise ValueError("a count is not negative")
    return count


def sync_note(text: str) -> None:
    """Runs after the response."""


async def async_note(text: str) -> None:
    await asyncio.sleep(0)


def make_app() -> FastAPI:
    """The app, new."""
    app = FastAPI()

    @app.exception_handler(OutOfStock)
    async def out_of_stock(request: Request, error: OutOfStock) -> JSONResponse:
        return JSONResponse({"left": 0}, status_code=409)

    @app.get("/items/{number}")
    async def read_item(number: int, word: str = "") -> dict[str, Any]:
        return {"number": number, "word": word}

    @app.post("/items", response_model=Item, status_code=201)
    async def make_item(item: Item, owner: Annotated[str, Depends(user)]) -> Item:
        return item

    @app.post("/form")
    async def fill_in(name: Annotated[str, Form()]) -> dict[str, str]:
        return {"name": name}

    @app.get("/refused/{status}")
    async def refuse(status: int) -> None:
        raise HTTPException(status, "refused")

    @app.get("/broken")
    async def broken(number: Annotated[int, Depends(stock)]) -> int:
        return number // 0

    @app.get("/dependency")
    async def needs(count: Annotated[int, Depends(stock)], kept: Annotated[str, Depends(session)]) -> dict[str, Any]:
        return {"count": count, "kept": kept}

    @app.get("/sync/{name}")
    def synchronous(name: str) -> dict[str, str]:
        return {"name": name}

    @app.get("/sync-broken")
    def synchronous_broken() -> None:
        raise KeyError("sync")

    @app.get("/wrong-answer", response_model=Item)
    async def wrong_answer() -> dict[str, str]:
        return {"no": "item"}

    @app.get("/text", response_class=PlainTextResponse)
    async def text(colour: Annotated[str | None, Cookie()] = None) -> str:
        return colour or "none"

    @app.get("/direct")
    async def direct(request: Request) -> JSONResponse:
        return JSONResponse({"client": request.client is not None}, headers={"x-kind": "direct"})

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> dict[str, bool]:
        tasks.add_task(async_note, "one")
        tasks.add_task(sync_note, "two")
        return {"later": True}

    inner = APIRouter(prefix="/zwei")

    @inner.get("/drei/{name}")
    async def deep(name: str) -> dict[str, str]:
        return {"deep": name}

    outer = APIRouter(prefix="/eins")
    outer.include_router(inner)
    app.include_router(outer)

    below = FastAPI()

    @below.get("/leaf/{name}")
    async def leaf(name: str) -> dict[str, str]:
        return {"leaf": name}

    app.mount("/below", below)
    return app


JSON = [(b"content-type", b"application/json")]
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]

REQUESTS: list[tuple[str, str, list[tuple[bytes, bytes]], bytes]] = [
    ("GET", "/items/1?word=two", [], b""),
    ("GET", "/items/one", [], b""),
    ("DELETE", "/items/1", [], b""),
    ("GET", "/nowhere", [], b""),
    ("POST", "/items", JSON, b'{"name": "hat", "price": 2}'),
    ("POST", "/items?token=me", JSON, b'{"price": "much"}'),
    ("POST", "/items", JSON, b"{broken"),
    ("POST", "/items", [(b"content-type", b"text/plain")], b"hat"),
    ("POST", "/items", JSON, b""),
    ("POST", "/form", FORM, b"name=hat"),
    ("POST", "/form", FORM, b"colour=red"),
    ("GET", "/refused/418", [], b""),
    ("GET", "/refused/503", [], b""),
    ("GET", "/broken", [], b""),
    ("GET", "/dependency", [], b""),
    ("GET", "/dependency?count=101", [], b""),
    ("GET", "/dependency?count=-1", [], b""),
    ("GET", "/dependency?count=many", [], b""),
    ("GET", "/sync/name", [], b""),
    ("GET", "/sync-broken", [], b""),
    ("GET", "/wrong-answer", [], b""),
    ("GET", "/text", [(b"cookie", b"colour=blue")], b""),
    ("GET", "/direct", [], b""),
    ("GET", "/later", [], b""),
    ("GET", f"{INNER}/drei/vier", [], b""),
    ("GET", f"{INNER}/drei/vier/", [], b""),
    ("GET", "/below/leaf/green", [], b""),
    ("GET", "/openapi.json", [], b""),
]


async def answers(app: Any) -> list[Any]:
    """What the app answers to each of the requests."""
    return [await answer(app, *request) for request in REQUESTS]


async def answer(app: Any, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    path, _, query = target.partition("?")
    given = [(b"host", b"evenflow.test"), *headers]
    if body:
        given.append((b"content-length", b"%d" % len(body)))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": given,
        "client": ("127.0.0.1", 4711),
        "server": ("evenflow.test", 80),
    }
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return asked.pop() if asked else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    error = None
    try:
        await app(scope, receive, send)
    except Exception as raised:
        error = repr(raised)
    start: Any = next((one for one in sent if one["type"] == "http.response.start"), {})
    content = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
    head = [[name.decode(), value.decode()] for name, value in start.get("headers", ())]
    shown = content.decode() if len(content) < 2000 else len(content)
    return [method, target, start.get("status"), head, shown, error]
