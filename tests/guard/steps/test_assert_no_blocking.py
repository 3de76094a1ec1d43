from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from evenflow.guard import steps
from evenflow.testing.blocking import assert_no_blocking


async def test_a_block_that_awaits_is_fine() -> None:
    with assert_no_blocking():
        await asyncio.sleep(0.01)


async def test_a_call_in_it_that_blocks_is_told() -> None:
    with pytest.raises(AssertionError, match=r"time\.sleep"), assert_no_blocking():
        time.sleep(0.001)


async def test_what_the_block_does_itself_counts_too() -> None:
    with pytest.raises(AssertionError, match="read_text"), assert_no_blocking():
        Path(__file__).read_text()


async def test_it_may_be_entered_asynchronously() -> None:
    with pytest.raises(AssertionError, match=r"time\.sleep"):
        async with assert_no_blocking():
            await asyncio.sleep(0)
            time.sleep(0.001)


async def test_computing_in_its_last_step_is_told() -> None:
    with pytest.raises(AssertionError), assert_no_blocking():
        sum(number * number for number in range(1_000_000))


async def test_an_error_of_the_block_is_its_own() -> None:
    with pytest.raises(KeyError), assert_no_blocking():
        time.sleep(0.001)
        raise KeyError


def test_code_without_a_loop_may_sleep() -> None:
    with assert_no_blocking():
        time.sleep(0.001)


def test_it_works_where_nobody_else_watches() -> None:
    """The step of the loop that it is entered in has begun before the steps of loops are timed."""

    async def main() -> None:
        with assert_no_blocking():
            await asyncio.sleep(0.01)
        with pytest.raises(AssertionError), assert_no_blocking():
            sum(number * number for number in range(1_000_000))

    steps.stop()
    try:
        asyncio.run(main())
    finally:
        steps.start()
