"""What an app of 1,000 routes costs before its first answer: FastAPI's share, and what compiling adds."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI

from benchmarks.fastpath_apps.items import Item
from evenflow.fastpath import attach

STEPS = ("declaring and including", "first answer")
ROUTES = 1000


async def one(a: int = 1) -> int:
    return a


async def two(b: int = 2) -> int:
    return b


def declare(app: FastAPI) -> None:
    """Fifty routers of two with ten routes each; each route with a body, a query and two dependencies."""
    for area in range(ROUTES // 20):
        outer = APIRouter(prefix=f"/area{area}")
        for shelf in range(2):
            inner = APIRouter(prefix=f"/shelf{shelf}")
            for box in range(10):
                inner.post(f"/box{box}/{{id}}")(endpoint())
            outer.include_router(inner)
        app.include_router(outer)


def endpoint() -> Callable[..., Awaitable[Item]]:
    async def put(
        id: int, item: Item, x: Annotated[int, Depends(one)], y: Annotated[int, Depends(two)], q: str = ""
    ) -> Item:
        return item

    return put


async def answer(app: FastAPI) -> None:
    """One request, to the last route."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"id": 1, "name": "hat"}', "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/area49/shelf1/box9/7"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    address = {"scheme": "http", "server": ("localhost", 80), "client": ("localhost", 1), "root_path": ""}
    await app({**scope, **address, "headers": headers, "http_version": "1.1", "asgi": {}}, receive, send)
    assert sent[0]["status"] == 200, sent


def main(side: str) -> dict[str, dict[str, float]]:
    """What each step costs, in CPU time."""
    app = FastAPI()
    path = attach(app) if side == "evenflow" else None
    times = [time.process_time()]
    declare(app)
    times.append(time.process_time())
    asyncio.run(answer(app))
    times.append(time.process_time())
    assert path is None or path.counts.compiled == 1, path.counts
    spent = zip(STEPS, times, times[1:], strict=False)
    return {step: sample(after - before) for step, before, after in spent}


def sample(spent: float) -> dict[str, float]:
    """Counted by routes; p50 and p99 are of all of them."""
    return {"count": ROUTES, "seconds": spent, "cpu_seconds": spent, "p50_ms": spent * 1e3, "p99_ms": spent * 1e3}


if __name__ == "__main__":
    given = dict(word.partition("=")[::2] for word in sys.argv[1:])
    print(json.dumps(main(given["side"])))
