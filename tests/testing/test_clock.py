"""`Clock`: an event loop's time, moved on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import uvloop
from fastapi import FastAPI

from evenflow import ConfigError, LifecycleError
from evenflow.testing import Clock, open_live_client


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    clock = Clock.of(asyncio.get_running_loop())
    yield clock
    clock.release()


async def test_what_sleeps_ten_seconds_wakes_six_times_in_sixty(clock: Clock) -> None:
    began, woken = clock.time(), []

    async def every_ten_seconds() -> None:
        while True:
            await asyncio.sleep(10)
            woken.append(round(clock.time() - began, 3))

    ticking = asyncio.create_task(every_ten_seconds())
    before = time.monotonic()
    await clock.advance(60)
    ticking.cancel()

    assert woken == pytest.approx([10, 20, 30, 40, 50, 60], abs=0.5)
    assert time.monotonic() - before < 5


async def test_timers_come_in_their_order_and_not_too_early(clock: Clock) -> None:
    loop, order = asyncio.get_running_loop(), []
    for seconds in (30, 10, 20):
        loop.call_later(seconds, order.append, seconds)
    loop.call_later(15, order.append, "cancelled").cancel()

    await clock.advance(5)
    assert order == []
    await clock.advance(20)
    assert order == [10, 20]
    await clock.advance(10)
    assert order == [10, 20, 30]


async def test_what_a_timer_starts_is_run_as_far_as_it_comes(clock: Clock) -> None:
    reached = []

    async def deep(levels: int) -> None:
        if levels:
            await asyncio.create_task(deep(levels - 1))
        else:
            reached.append(clock.time())

    async def later() -> None:
        await asyncio.sleep(10)
        await deep(50)
        await asyncio.sleep(10)
        await deep(50)

    began, task = clock.time(), asyncio.create_task(later())
    await clock.advance(30)
    await task

    assert [at - began for at in reached] == pytest.approx([10, 20], abs=0.5)


async def test_a_timeout_runs_out(clock: Clock) -> None:
    async def waits() -> None:
        async with asyncio.timeout(30):
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await clock.advance(29)
    assert not task.done()
    await clock.advance(2)
    with pytest.raises(TimeoutError):
        await task


async def test_the_world_outside_works_as_ever(clock: Clock) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> float:
        await asyncio.sleep(0.01)
        return await asyncio.to_thread(time.monotonic)

    await clock.advance(3600)
    async with open_live_client(app) as client:
        assert (await client.get("/")).status_code == 200


async def test_time_does_not_go_back() -> None:
    loop = asyncio.get_running_loop()
    clock = Clock.of(loop)
    await clock.advance(1000)
    at = loop.time()
    clock.release()

    assert loop.time() >= at
    with pytest.raises(ValueError, match="Time does not go back"):
        await clock.advance(-1)


async def test_two_cannot_move_it_at_once(clock: Clock) -> None:
    first = asyncio.create_task(clock.advance(1))
    await asyncio.sleep(0)

    with pytest.raises(LifecycleError, match="Somebody else is moving this clock"):
        await clock.advance(1)
    await first


def test_uvloop_is_refused_with_a_sentence() -> None:
    loop = uvloop.new_event_loop()
    try:
        with pytest.raises(ConfigError, match=r"cannot be moved: run tests with a clock on asyncio's\."):
            Clock.of(loop)
    finally:
        loop.close()
