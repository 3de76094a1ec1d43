from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from evenflow.guard.leaks import Leak, Leaks


@pytest.fixture
def leaks() -> Iterator[Leaks]:
    listening = Leaks()
    listening.start()
    yield listening
    listening.stop()


FILE = "/site-packages/leaky.py"
"""A library's, so that the plugin, where it runs these tests, lets them leak."""
SOURCE = """
import asyncio, gc, warnings

async def forgotten():
    await asyncio.get_running_loop().create_future()

def drop_a_task():
    async def main():
        asyncio.create_task(forgotten())
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(main())

def drop_a_coroutine():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forgotten()
"""
leaky: dict[str, Any] = {}
exec(compile(SOURCE, FILE, "exec"), leaky)
forgotten, drop_a_task, drop_a_coroutine = leaky["forgotten"], leaky["drop_a_task"], leaky["drop_a_coroutine"]


def test_a_task_dropped_while_pending_is_counted(leaks: Leaks) -> None:
    drop_a_task()

    assert leaks.counts().tasks_destroyed == 1


def test_it_is_told_whose_coroutine_it_was(leaks: Leaks) -> None:
    drop_a_task()

    [leak] = leaks.leaks
    assert (leak.kind, leak.name, leak.file) == ("task destroyed", "forgotten", FILE)


def test_a_coroutine_never_awaited_is_counted_even_where_warnings_are_ignored(leaks: Leaks) -> None:
    drop_a_coroutine()

    [leak] = leaks.leaks
    assert (leak.kind, leak.name, leak.file) == ("never awaited", "forgotten", FILE)


def test_what_is_awaited_is_no_leak(leaks: Leaks) -> None:
    asyncio.run(asyncio.sleep(0))

    assert leaks.counts().tasks_destroyed == leaks.counts().never_awaited == 0


def test_whoever_asks_is_told_at_once() -> None:
    told: list[Leak] = []
    leaks = Leaks(told.append)
    leaks.start()
    drop_a_coroutine()
    leaks.stop()
    drop_a_coroutine()

    assert [leak.name for leak in told] == ["forgotten"]


async def grown(leaks: Leaks, sizes: list[int]) -> bool:
    tasks: list[asyncio.Task[None]] = []
    for size in sizes:
        while len(tasks) < size:
            tasks.append(asyncio.create_task(forgotten()))
        while len(tasks) > size:
            tasks.pop().cancel()
        await asyncio.sleep(0)
        leaks.sample(asyncio.get_running_loop())
    growing = leaks.counts().tasks_growing
    for task in tasks:
        task.cancel()
    return growing


async def test_tasks_that_pile_up_are_told(leaks: Leaks) -> None:
    assert await grown(leaks, [200, 500, 900, 1100, 1300])


@pytest.mark.parametrize("sizes", [[10, 20, 30, 40, 50], [1500, 1200, 1400, 1100, 1300]])
async def test_few_tasks_or_tasks_that_end_are_no_leak(leaks: Leaks, sizes: list[int]) -> None:
    assert not await grown(leaks, sizes)
