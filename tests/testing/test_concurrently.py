"""`concurrently`: how many calls really were at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI

from evenflow.testing import concurrently, open_client, open_live_client

Opening = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
both = pytest.mark.parametrize("opening", [open_client, open_live_client])


def api() -> FastAPI:
    app = FastAPI()

    @app.get("/waits")
    async def waits() -> None:
        await asyncio.sleep(0.3)

    @app.get("/blocks")
    async def blocks() -> None:
        time.sleep(0.002)

    return app


@pytest.mark.blocking_ok("one of the routes blocks on purpose")
@both
async def test_requests_that_wait_overlap_and_requests_that_block_do_not(opening: Opening) -> None:
    async with opening(api()) as client:
        waiting = await concurrently(20, lambda: client.get("/waits"))
        blocking = await concurrently(20, lambda: client.get("/blocks"))

    waiting.assert_overlapped(20)
    assert waiting.seconds < 20 * 0.3
    assert blocking.overlapped == 1
    with pytest.raises(AssertionError, match="Of 20 calls at most 1 were at it at the same time, not 20"):
        blocking.assert_overlapped(20)


async def test_what_runs_after_the_answer_does_not_count() -> None:
    app, released = FastAPI(), asyncio.Event()

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> None:
        tasks.add_task(released.wait)

    async def release_at_last() -> None:
        await asyncio.sleep(0.05)
        released.set()

    async with open_client(app) as client:
        releasing = asyncio.create_task(release_at_last())
        results = await concurrently(5, lambda: client.get("/"))
        await releasing

    assert results.overlapped == 1


async def test_a_lock_that_lets_in_three_is_seen_in_other_calls() -> None:
    lock = asyncio.Semaphore(3)
    inside, most = 0, 0

    async def call(number: int) -> int:
        nonlocal inside, most
        async with lock:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1
        return number * number

    results = await concurrently(9, call)

    assert list(results) == [number * number for number in range(9)]
    assert results.overlapped == 9
    assert most == 3


async def test_calls_that_never_wait_do_not_overlap() -> None:
    async def call() -> None: ...

    assert (await concurrently(5, call)).overlapped == 1


async def test_the_first_error_is_raised_and_the_others_are_cancelled() -> None:
    cancelled = []

    async def call(number: int) -> None:
        try:
            await asyncio.sleep(0 if number == 3 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        raise KeyError(number)

    with pytest.raises(KeyError, match="3"):
        await concurrently(5, call)
    assert cancelled == [0, 1, 2, 4]


async def test_nothing_at_once_is_nothing() -> None:
    assert list(await concurrently(0, asyncio.Event().wait)) == []


async def test_a_dependency_that_waits_lets_others_in() -> None:
    app = FastAPI()

    async def waits() -> None:
        await asyncio.sleep(0.05)

    @app.get("/", dependencies=[Depends(waits)])
    async def read() -> None: ...

    async with open_client(app) as client:
        (await concurrently(50, lambda: client.get("/"))).assert_overlapped(50)
