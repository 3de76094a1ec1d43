"""FastAPI as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Form, Header

from benchmarks.fastpath_apps.items import ITEMS, Item


async def current_user(x_token: Annotated[str, Header()]) -> str:
    return x_token


async def page_size(limit: int = 10) -> int:
    return limit


async def session() -> AsyncIterator[str]:
    yield "session"


def make() -> FastAPI:
    app = FastAPI()

    @app.get("/plain")
    async def plain() -> dict[str, str]:
        return {"message": "hi"}

    @app.get("/items/{id}")
    async def read_item(id: int, q: str = "") -> Item:
        return Item(id=id, name=q)

    @app.get("/deps")
    async def deps(user: Annotated[str, Depends(current_user)], limit: Annotated[int, Depends(page_size)]) -> Item:
        return Item(id=limit, name=user)

    @app.get("/list")
    async def read_items() -> list[Item]:
        return ITEMS

    @app.post("/items")
    async def create_item(item: Item) -> Item:
        return item

    @app.post("/form")
    async def form(name: Annotated[str, Form()], price: Annotated[float, Form()]) -> Item:
        return Item(id=1, name=name, price=price)

    @app.get("/yield")
    async def with_session(name: Annotated[str, Depends(session)]) -> Item:
        return Item(id=1, name=name)

    @app.get("/sync/{id}")
    def read_item_in_thread(id: int) -> Item:
        return Item(id=id, name="sync")

    return app


app = make()
