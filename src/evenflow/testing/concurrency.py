"""`concurrently`: the same call many times at once, and how many of them really were at once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Results(list[T], Generic[T]):
    """What the calls gave, in their order."""

    overlapped: int = 0
    """The most calls that were at it at the same time.

    Of requests made with `client` or `live_client`: the most requests that were inside the app at the same time. A
    route that blocks the event loop lets in one after another.
    """
    seconds: float = 0.0
    """How long all of them took together."""

    def assert_overlapped(self, number: int) -> None:
        """Raises AssertionError if fewer than `number` calls were at it at the same time."""
        if self.overlapped < number:
            raise AssertionError(
                f"Of {len(self)} calls at most {self.overlapped} were at it at the same time, not {number}; together "
                f"they took {self.seconds:.3f} s. Something holds the event loop, or they wait for each other before "
                "they begin."
            )


async def concurrently(number: int, call: Callable[..., Awaitable[T]]) -> Results[T]:
    """Makes `number` calls at once, each in a task of its own, and gives their results.

    `call` is called without arguments, or with the number of the call, from 0 on, if it takes one. If one raises, the
    others are cancelled, and the first error is raised.
    """
    numbered = _takes_one(call)
    calls, app = _Together(), _Together()
    results: Results[T] = Results()

    async def one(index: int) -> T:
        with calls.counted():
            return await (call(index) if numbered else call())

    started = perf_counter()
    _watching.append(app)
    try:
        results.extend(await _all([asyncio.create_task(one(index)) for index in range(number)]))
    finally:
        _watching.remove(app)
    results.seconds = perf_counter() - started
    results.overlapped = app.most or calls.most
    return results


@contextmanager
def in_the_app() -> Iterator[Callable[[], None]]:
    """Counts a request as inside the app until it ends, or until what it gives is called."""
    ends = [together.begin() for together in _watching]

    def answered() -> None:
        while ends:
            ends.pop()()

    try:
        yield answered
    finally:
        answered()


class _Together:
    """How many there are now, and how many there were at most."""

    def __init__(self) -> None:
        self._now = 0
        self.most = 0

    def begin(self) -> Callable[[], None]:
        self._now += 1
        self.most = max(self.most, self._now)
        return self._end

    @contextmanager
    def counted(self) -> Iterator[None]:
        end = self.begin()
        try:
            yield
        finally:
            end()

    def _end(self) -> None:
        self._now -= 1


_watching: list[_Together] = []
"""Those who want to know of requests that come into an app."""


async def _all(tasks: list[asyncio.Task[T]]) -> list[T]:
    if not tasks:
        return []
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task in done:
                task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _takes_one(call: Callable[..., Any]) -> bool:
    try:
        required = [
            each
            for each in inspect.signature(call).parameters.values()
            if each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        ]
    except ValueError:
        return False  # a callable in C does not say what it takes
    return len(required) == 1
