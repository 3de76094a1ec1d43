"""Requests to a FastAPI app in slices: with the watchdog, without it, and without it once more. Prints CPU µs each."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Any

import uvloop
from fastapi import FastAPI

from evenflow.guard import watchdog
from evenflow.guard.watchdog.door import Door

OFF, ON, AGAIN = "guard off", "guard on", "guard off, once more"
IDLE = "idle"
"""The part of a core that an idle loop needs with the watchdog, less that without."""
_SLICE = 0.25

App = Callable[..., Awaitable[None]]


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/items/{number}")
    async def item(number: int, q: str | None = None) -> dict[str, Any]:
        return {"number": number, "q": q}

    return app


class Unused:
    def watch(self, *arguments: object) -> None: ...


async def slice_of(app: App) -> float:
    """CPU microseconds of the whole process for each request of a slice."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        pass

    count, end, before = 0, time.perf_counter() + _SLICE, time.process_time()
    while time.perf_counter() < end:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/items/5",
            "raw_path": b"/items/5",
            "query_string": b"q=x",
            "root_path": "",
            "headers": [],
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 5),
        }
        await asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine
        count += 1
    return (time.process_time() - before) / count * 1e6


async def idle(seconds: float, watching: AbstractContextManager[None]) -> float:
    with watching:
        await asyncio.sleep(0.5)
        began, before = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        return (time.process_time() - before) / (time.perf_counter() - began)


async def main(seconds: float) -> dict[str, float]:
    plain = make_app()
    # The slices begin and end the watch, not the first request.
    watched = Door(plain, plain, lambda: Unused(), watchdog.LIMIT)  # type: ignore[arg-type, return-value]  # a stand-in
    sides: dict[str, Any] = {OFF: plain, ON: watched, AGAIN: plain}
    taken: dict[str, list[float]] = {side: [] for side in sides}
    gc.freeze()
    for app in (plain, watched):
        await slice_of(app)
    for number in range(max(3, int(seconds / _SLICE))):
        order = list(sides)[number % 3 :] + list(sides)[: number % 3]
        for side in order:
            with watchdog.watch() if side == ON else nullcontext():
                taken[side].append(await slice_of(sides[side]))
    found = {side: median(costs) for side, costs in taken.items()}
    found[IDLE] = await idle(seconds, watchdog.watch()) - await idle(seconds, nullcontext())
    return found


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if sys.argv[1] == "uvloop" else None) as runner:
        print(json.dumps(runner.run(main(float(sys.argv[2])))))
