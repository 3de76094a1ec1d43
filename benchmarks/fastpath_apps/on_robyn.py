"""Robyn, on its own server: `python -m benchmarks.fastpath_apps.on_robyn --port PORT`.

What it injects are objects made before the first request, so what depends on the request is called by hand. It reads
forms sent as multipart, not urlencoded ones.
"""

# Robyn looks at the annotations themselves: `from __future__ import annotations` would hide the models from it.

import sys

from robyn import Request, Robyn

from benchmarks.fastpath_apps.items import ITEMS, Item

app = Robyn(__file__)


async def current_user(request: Request) -> str:
    return request.headers["x-token"]


async def page_size(request: Request) -> int:
    return int(request.query_params.get("limit", "10"))


@app.get("/plain")
async def plain() -> dict[str, str]:
    return {"message": "hi"}


@app.get("/items/:id")
async def read_item(request: Request) -> Item:
    return Item(id=int(request.path_params["id"]), name=request.query_params.get("q", ""))


@app.get("/deps")
async def deps(request: Request) -> Item:
    user = await current_user(request)
    limit = await page_size(request)
    return Item(id=limit, name=user)


@app.get("/list")
async def read_items() -> list[Item]:
    return ITEMS


@app.post("/items")
async def create_item(item: Item) -> Item:
    return item


if __name__ == "__main__":
    app.start(host="127.0.0.1", port=int(sys.argv[sys.argv.index("--port") + 1]))
