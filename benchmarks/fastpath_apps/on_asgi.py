"""No framework: what an ASGI server and Pydantic cost by themselves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from pydantic import TypeAdapter

from benchmarks.fastpath_apps.items import ITEMS, Item

LIST = TypeAdapter(list[Item])

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


async def body_of(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


@asynccontextmanager
async def session() -> AsyncIterator[str]:
    yield "session"


async def plain(scope: Scope, receive: Receive) -> bytes:
    return json.dumps({"message": "hi"}).encode()


async def read_item(scope: Scope, receive: Receive) -> bytes:
    item = Item(id=int(scope["path"].rpartition("/")[2]), name=query(scope).get("q", ""))
    return item.model_dump_json().encode()


async def deps(scope: Scope, receive: Receive) -> bytes:
    item = Item(id=int(query(scope).get("limit", 10)), name=dict(scope["headers"])[b"x-token"].decode("latin-1"))
    return item.model_dump_json().encode()


async def read_items(scope: Scope, receive: Receive) -> bytes:
    return LIST.dump_json(ITEMS)


async def create_item(scope: Scope, receive: Receive) -> bytes:
    return Item.model_validate_json(await body_of(receive)).model_dump_json().encode()


async def form(scope: Scope, receive: Receive) -> bytes:
    given = dict(parse_qsl((await body_of(receive)).decode()))
    return Item.model_validate({"id": 1, **given}).model_dump_json().encode()


async def with_session(scope: Scope, receive: Receive) -> bytes:
    async with session() as name:
        return Item(id=1, name=name).model_dump_json().encode()


async def read_item_in_thread(scope: Scope, receive: Receive) -> bytes:
    def work() -> bytes:
        return Item(id=int(scope["path"].rpartition("/")[2]), name="sync").model_dump_json().encode()

    return await asyncio.get_running_loop().run_in_executor(None, work)


ROUTES = {
    ("GET", "plain"): plain,
    ("GET", "items"): read_item,
    ("GET", "deps"): deps,
    ("GET", "list"): read_items,
    ("POST", "items"): create_item,
    ("POST", "form"): form,
    ("GET", "yield"): with_session,
    ("GET", "sync"): read_item_in_thread,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = await ROUTES[scope["method"], scope["path"].split("/")[1]](scope, receive)
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
