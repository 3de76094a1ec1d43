"""The same apps called as a server calls them, without a server: what is left when sockets and HTTP are taken away."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from statistics import median, quantiles
from typing import Any

import uvloop

from benchmarks.fastpath_apps.asked import ENDPOINTS, Asked

MODULES = {
    "FastAPI": "on_fastapi",
    "evenflow": "on_evenflow",
    "Starlette": "on_starlette",
    "BlackSheep": "on_blacksheep",
}

App = Callable[..., Awaitable[None]]


async def main(side: str, seconds: float) -> dict[str, dict[str, float]]:
    module = import_module(f"benchmarks.fastpath_apps.{MODULES[side]}")
    app: App = module.app
    await start(app)
    found = {one.name: await calls(app, one, seconds) for one in ENDPOINTS if side not in one.not_on}
    if side == "evenflow":
        assert_compiled(module.fastpath)
    return found


def assert_compiled(fastpath: Any) -> None:
    """A benchmark of FastAPI beside itself would be of no use."""
    if fastpath.counts.replayed or fastpath.counts.routed or fastpath.counts.stock:
        raise SystemExit(f"FastAPI's own handlers have answered: {fastpath.counts}, {fastpath.report()}")


async def start(app: App) -> None:
    """The lifespan's first half, which some frameworks need."""
    started = asyncio.Event()

    async def receive() -> dict[str, str]:
        if started.is_set():
            await asyncio.Event().wait()
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, str]) -> None:
        started.set()

    lifespan = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    waiting = asyncio.ensure_future(started.wait())
    await asyncio.wait({lifespan, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    RUNNING.add(lifespan)


RUNNING: set[asyncio.Future[None]] = set()
"""Lifespans, which would be collected if nobody held them."""


async def calls(app: App, asked: Asked, seconds: float) -> dict[str, float]:
    """One after another until the time is up."""
    latencies: list[float] = []
    sent: list[dict[str, Any]] = []
    template, body = asked.scope, asked.body
    clock = time.perf_counter

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def until(end: float) -> None:
        while (started := clock()) < end:
            sent.clear()
            await app({**template, "headers": list(template["headers"]), "state": {}}, receive, send)
            latencies.append(clock() - started)

    await until(clock() + seconds / 4)  # warm
    assert json.loads(b"".join(message.get("body", b"") for message in sent)) == asked.answer, (asked.name, sent)
    latencies.clear()
    cpu, begun = time.process_time(), clock()
    await until(begun + seconds)
    return {
        "count": len(latencies),
        "seconds": clock() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "p50_ms": median(latencies) * 1e3,
        "p99_ms": quantiles(latencies, n=100)[-1] * 1e3,
    }


if __name__ == "__main__":
    given = dict(word.partition("=")[::2] for word in sys.argv[1:])
    print(json.dumps(uvloop.run(main(given["side"], float(given["seconds"])))))
