"""Apps of ROUTES routes below routers in routers: ten a router, five below each of its two."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from benchmarks.fastpath_apps.items import Item
from evenflow.fastpath import attach


def count() -> int:
    return int(os.environ["ROUTES"])


def on_fastapi() -> FastAPI:
    app = FastAPI()
    for area in range(count() // 10):
        outer = APIRouter(prefix=f"/area{area}")
        for shelf in range(2):
            inner = APIRouter(prefix=f"/shelf{shelf}")
            for box in range(5):
                inner.get(f"/box{box}/{{id}}")(endpoint())
            outer.include_router(inner)
        app.include_router(outer)
    return app


def endpoint() -> Callable[..., Awaitable[Item]]:
    async def read_box(id: int) -> Item:
        return Item(id=id, name="box")

    return read_box


def on_evenflow() -> FastAPI:
    app = on_fastapi()
    attach(app)
    return app


def on_starlette() -> Starlette:
    async def read_box(request: Request) -> Response:
        item = Item(id=int(request.path_params["id"]), name="box")
        return Response(item.model_dump_json(), media_type="application/json")

    async def not_found(request: Request, error: Exception) -> Response:
        return JSONResponse({"detail": "Not Found"}, status_code=404)

    def shelf() -> list[BaseRoute]:
        return [Route(f"/box{box}/{{id}}", read_box) for box in range(5)]

    return Starlette(
        routes=[
            Mount(f"/area{area}", routes=[Mount(f"/shelf{number}", routes=shelf()) for number in range(2)])
            for area in range(count() // 10)
        ],
        exception_handlers={404: not_found},
    )
