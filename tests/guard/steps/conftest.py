from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import cache
from typing import Any

import httpx
import pytest
import uvloop
from fastapi import FastAPI

from evenflow.guard import steps
from evenflow.guard.steps import Hit
from tests.guard.steps import mistakes

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.fixture(scope="module", autouse=True)
def watched() -> Iterator[None]:
    steps.start()
    yield
    steps.stop()


@cache
def app() -> FastAPI:
    mistakes.memory()
    made = FastAPI(lifespan=mistakes.lifespan)
    for name, endpoint in (mistakes.mistakes | mistakes.clean).items():
        made.add_api_route(f"/{name}/{{number}}", endpoint, response_model=None)
    return made


def ask(path: str) -> Coroutine[Any, Any, None]:
    """A request for a path of the app of mistakes, to be run on a loop."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://test")

    async def asking() -> None:
        async with client:
            (await client.get(path)).raise_for_status()

    return asking()


def found(main: Any, loop: str = "asyncio", **options: Any) -> list[Hit]:
    """What is found while a coroutine runs on a loop of its own."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner, steps.collect(**options) as collected:
        runner.run(main)
    return collected.hits
