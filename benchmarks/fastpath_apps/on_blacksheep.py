"""BlackSheep. It has no dependencies that read the request or end with it: a header and a query are bound instead."""

from __future__ import annotations

from dataclasses import dataclass

from blacksheep import Application, FromForm, FromHeader, FromJSON, FromQuery, get, post

from benchmarks.fastpath_apps.items import ITEMS, Item

app = Application()


class FromToken(FromHeader[str]):
    name = "X-Token"


@dataclass
class Given:
    name: str
    price: float


@get("/plain")
async def plain() -> dict[str, str]:
    return {"message": "hi"}


@get("/items/{id}")
async def read_item(id: int, q: str = "") -> Item:
    return Item(id=id, name=q)


@get("/deps")
async def deps(user: FromToken, limit: FromQuery[int]) -> Item:
    return Item(id=limit.value, name=user.value)


@get("/list")
async def read_items() -> list[Item]:
    return ITEMS


@post("/items")
async def create_item(data: FromJSON[Item]) -> Item:
    return data.value


@post("/form")
async def form(data: FromForm[Given]) -> Item:
    return Item(id=1, name=data.value.name, price=float(data.value.price))
