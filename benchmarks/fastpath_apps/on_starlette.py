"""Starlette and Pydantic, by hand: parameters are converted and models written with the least code that does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.fastpath_apps.items import ITEMS, Item

LIST = TypeAdapter(list[Item])


def as_json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")


async def current_user(request: Request) -> str:
    return request.headers["x-token"]


async def page_size(request: Request) -> int:
    return int(request.query_params.get("limit", 10))


@asynccontextmanager
async def session() -> AsyncIterator[str]:
    yield "session"


async def plain(request: Request) -> Response:
    return JSONResponse({"message": "hi"})


async def read_item(request: Request) -> Response:
    return as_json(Item(id=int(request.path_params["id"]), name=request.query_params.get("q", "")))


async def deps(request: Request) -> Response:
    user = await current_user(request)
    limit = await page_size(request)
    return as_json(Item(id=limit, name=user))


async def read_items(request: Request) -> Response:
    return Response(LIST.dump_json(ITEMS), media_type="application/json")


async def create_item(request: Request) -> Response:
    return as_json(Item.model_validate_json(await request.body()))


async def form(request: Request) -> Response:
    async with request.form() as given:
        return as_json(Item.model_validate({"id": 1, "name": given["name"], "price": given["price"]}))


async def with_session(request: Request) -> Response:
    async with session() as name:
        return as_json(Item(id=1, name=name))


def read_item_in_thread(request: Request) -> Response:
    return as_json(Item(id=int(request.path_params["id"]), name="sync"))


app = Starlette(
    routes=[
        Route("/plain", plain),
        Route("/items/{id}", read_item),
        Route("/deps", deps),
        Route("/list", read_items),
        Route("/items", create_item, methods=["POST"]),
        Route("/form", form, methods=["POST"]),
        Route("/yield", with_session),
        Route("/sync/{id}", read_item_in_thread),
    ]
)
