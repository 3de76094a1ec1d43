"""Litestar. Its OpenAPI pages are left out; they cost no request anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from litestar import Litestar, get, post
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter
from pydantic import BaseModel

from benchmarks.fastpath_apps.items import ITEMS, Item


class Given(BaseModel):
    name: str
    price: float


async def current_user(token: Annotated[str, Parameter(header="X-Token")]) -> str:
    return token


async def page_size(limit: int = 10) -> int:
    return limit


async def session() -> AsyncIterator[str]:
    yield "session"


@get("/plain")
async def plain() -> dict[str, str]:
    return {"message": "hi"}


@get("/items/{id:int}")
async def read_item(id: int, q: str = "") -> Item:
    return Item(id=id, name=q)


@get("/deps", dependencies={"user": Provide(current_user), "size": Provide(page_size)})
async def deps(user: str, size: int) -> Item:
    return Item(id=size, name=user)


@get("/list")
async def read_items() -> list[Item]:
    return ITEMS


@post("/items", status_code=200)
async def create_item(data: Item) -> Item:
    return data


@post("/form", status_code=200)
async def form(data: Annotated[Given, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> Item:
    return Item(id=1, name=data.name, price=data.price)


@get("/yield", dependencies={"name": Provide(session)})
async def with_session(name: str) -> Item:
    return Item(id=1, name=name)


@get("/sync/{id:int}", sync_to_thread=True)
def read_item_in_thread(id: int) -> Item:
    return Item(id=id, name="sync")


app = Litestar(
    [plain, read_item, deps, read_items, create_item, form, with_session, read_item_in_thread], openapi_config=None
)
