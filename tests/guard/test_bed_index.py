"""The bed of mistakes is what it says: what is marked blocks, at the depth that is marked, and nothing else does."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.guard.bed.index import Clean, Mistake, clean, mistakes
from tests.guard.bed.visiting import depot_app, stacks_at, visiting
from tests.guard.bed.world import world
from tests.needed import needs

# logging's HTTPHandler leaves its socket to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.blocking_ok("what blocks is asked for"),
]


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with world(tmp_path_factory.mktemp("depot") / "world") as environment:
        yield depot_app(environment)


@pytest.fixture(scope="module")
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(app) as client:
        yield client


def waiting_for_a_core() -> float:
    """How many seconds this thread was ready to run and did not, where that is known."""
    with suppress(OSError):
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return 0.0


@asynccontextmanager
async def longest_stop() -> AsyncIterator[list[float]]:
    """How long the loop stood still at most, in seconds; known at the end. That the machine was busy is taken off."""
    longest = [0.0]

    async def beat() -> None:
        while True:
            before, waited = time.perf_counter(), waiting_for_a_core()
            await asyncio.sleep(0.005)
            gap = time.perf_counter() - before - 0.005
            longest[0] = max(longest[0], gap - (waiting_for_a_core() - waited))

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0.02)
    longest[0] = 0.0
    try:
        yield longest
    finally:
        await asyncio.sleep(0)
        beating.cancel()


def test_there_are_enough_mistakes_at_every_depth() -> None:
    by_depth = Counter(mistake.depth for mistake in mistakes())

    assert len(mistakes()) >= 45
    assert sorted(by_depth) == [0, 1, 2, 3, 4, 5]
    assert min(by_depth.values()) >= 7


def test_there_are_enough_clean_look_alikes() -> None:
    assert len(clean()) >= 20


def test_the_mistakes_are_spread_over_modules() -> None:
    assert len({mistake.file for mistake in mistakes()}) >= 5


@pytest.mark.slow
async def test_a_mistake_stands_as_deep_as_its_mark_says(client: httpx.AsyncClient) -> None:
    wrong = []
    for mistake in mistakes():
        if mistake.missing():
            continue
        with stacks_at(mistake) as stacks:
            await client.get(mistake.address, params={"size": "small"})
        depths = {len(stack) - 1 for stack in stacks}
        if depths != {mistake.depth}:
            wrong.append((mistake.name, mistake.depth, stacks))

    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake.name)
async def test_a_mistake_stops_the_loop_on_big_data(client: httpx.AsyncClient, mistake: Mistake) -> None:
    needs(mistake.missing(), there=not mistake.missing(), otherwise="scripts/install guard, scripts/servers")
    async with longest_stop() as stop:
        answer = await client.get(mistake.address, params={"size": "big"})

    assert answer.status_code == 200
    assert stop[0] > 0.05  # what the watchdog looks for


@pytest.mark.slow
@pytest.mark.parametrize("route", clean(), ids=lambda route: route.name)
async def test_a_clean_route_lets_the_loop_run(client: httpx.AsyncClient, route: Clean) -> None:
    needs(route.missing(), there=not route.missing(), otherwise="scripts/install guard")
    stops = []
    for _ in range(3):  # a machine with much to do may stop the loop, too, but hardly each time
        async with longest_stop() as stop:
            answer = await client.get(route.address, params={"size": "big"})
        assert answer.status_code == 200
        stops.append(stop[0])
        if stop[0] < 0.06:
            break

    assert min(stops) < 0.06
