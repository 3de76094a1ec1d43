"""The watchdog in one process: which loops it watches, from when to when, and whom it tells."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvloop
from fastapi import FastAPI

from evenflow import Evenflow, observe
from evenflow.guard import watchdog
from tests.integration.servers import eventually

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the client's that it wants another HTTP library
    from fastapi.testclient import TestClient

BLOCK = 0.2


@pytest.fixture
def told() -> Iterator[list[observe.LoopBlocked]]:
    events: list[Any] = []
    unsubscribe = observe.subscribe(lambda event: events.append((event, threading.get_ident())))
    yield events
    unsubscribe()


def block() -> None:
    time.sleep(BLOCK)


async def block_and_wait() -> None:
    await asyncio.sleep(0.1)
    block()
    await asyncio.sleep(0.15)


def watchdogs() -> int:
    return sum(thread.name == "evenflow-watchdog" for thread in threading.enumerate())


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_block_is_told_on_the_loop_after_it(told: list[Any], new_loop: Any) -> None:
    async def main() -> None:
        with watchdog.watch():
            await block_and_wait()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())

    [(event, thread)] = told
    assert thread == threading.get_ident()
    assert (event.file, event.call, event.kind) == (__file__, "time.sleep", "waits")
    assert event.seconds == pytest.approx(BLOCK, abs=0.1)


def test_it_watches_one_loop_after_another_and_ends_with_the_last(told: list[Any]) -> None:
    async def main() -> None:
        with watchdog.watch():
            await block_and_wait()
            assert watchdogs() == 1

    for _ in range(3):
        asyncio.run(main())

    assert len(told) == 3
    eventually(lambda: watchdogs() == 0, within=2)


def test_a_loop_that_rests_is_not_blocked(told: list[Any]) -> None:
    loop = asyncio.new_event_loop()

    async def begin() -> Any:
        context = watchdog.watch()
        context.__enter__()
        return context

    context = loop.run_until_complete(begin())
    loop.run_until_complete(asyncio.sleep(0.1))
    time.sleep(0.3)
    loop.run_until_complete(asyncio.sleep(0.1))

    async def end() -> None:
        context.__exit__(None, None, None)

    loop.run_until_complete(end())
    loop.close()

    assert told == []


def test_a_loop_that_is_closed_is_forgotten() -> None:
    async def main() -> None:
        watchdog.watch().__enter__()

    asyncio.run(main())

    eventually(lambda: watchdogs() == 0, within=2)


def test_two_loops_are_watched_by_one_thread(told: list[Any]) -> None:
    async def main() -> None:
        with watchdog.watch():
            await block_and_wait()
            assert watchdogs() == 1

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 2


def app_that_blocks() -> FastAPI:
    app = FastAPI()

    @app.get("/block/{n}")
    async def read(n: int) -> int:
        block()
        return n

    return app


def test_an_app_in_a_test_client_is_watched(told: list[Any]) -> None:
    app = app_that_blocks()
    flow = Evenflow(app)

    with TestClient(app) as client:
        client.get("/block/1")
        time.sleep(0.2)

    assert [event.route for event, _ in told] == ["GET /block/{n}"]
    found = flow.statistics().guard
    assert found is not None
    assert found.incidents >= 1


async def test_an_app_without_a_lifespan_is_watched_from_its_first_request(told: list[Any]) -> None:
    app = app_that_blocks()
    Evenflow(app)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/block/1")
        await asyncio.sleep(0.1)
        await client.get("/block/1")
        await asyncio.sleep(0.2)

    assert {event.route for event, _ in told} == {"GET /block/{n}"}
    assert observe.request.current.get() is None


def test_what_blocks_before_the_app_serves_is_not_told(told: list[Any]) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        block()
        await asyncio.sleep(0.05)
        yield
        block()

    app = FastAPI(lifespan=lifespan)
    Evenflow(app)

    with TestClient(app):
        time.sleep(0.1)

    assert told == []


def test_a_task_that_was_started_with_the_app_is_named(told: list[Any]) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        task = asyncio.create_task(refresh())
        yield
        await task

    async def refresh() -> None:
        await asyncio.sleep(0.15)
        block()

    app = FastAPI(lifespan=lifespan)
    Evenflow(app)

    with TestClient(app):
        time.sleep(0.6)

    [(event, _)] = told
    assert event.route is not None
    assert event.route.startswith("task ")
    assert event.route.endswith("refresh")


async def test_the_guard_can_be_left_out(told: list[Any]) -> None:
    app = app_that_blocks()
    flow = Evenflow(app, guard=False, fastpath=False)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/block/1")
        await asyncio.sleep(0.1)

    assert told == []
    assert flow.statistics().guard is None
    assert "build_middleware_stack" not in vars(app)


async def test_the_environment_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENFLOW_GUARD", "off")
    flow = Evenflow(app_that_blocks())

    assert flow.statistics().guard is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_process_watches_for_itself() -> None:
    async def main() -> int:
        with watchdog.watch():
            await block_and_wait()
        return watchdog.statistics().incidents

    asyncio.run(main())
    eventually(lambda: watchdogs() == 0, within=2)
    child = os.fork()
    if child == 0:
        os._exit(asyncio.run(main()))  # its exit code is how many it found
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 1
