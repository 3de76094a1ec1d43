"""`clock`: the event loop's time, moved on by a test.

The loop's time goes on as ever, plus what was added: a real socket, thread or timeout works as usual, while `sleep`,
`call_later` and `timeout` come true when the test says so. While it is moved on it stands still between two timers, so
that what sleeps for 10 seconds wakes 6 times in 60.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

from evenflow.errors import ConfigError, LifecycleError

_TURNS = 1000
"""Turns of the loop that what a timer wakes may take, before time moves on although something still runs."""
_QUIET_TURNS = 3
"""Turns in which nothing was to be done, after which nothing will be: a timer that is due is seen one turn later."""


class Clock:
    """The time of one event loop. Only what asks the loop for the time sees it: `time.time()` stays as it is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Any = loop
        self._real: Callable[[], float] = loop.time
        self._added = 0.0
        self._still: float | None = None
        """The time that it is while it is being moved on."""
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = count()
        self._call_at: Callable[..., asyncio.TimerHandle] = loop.call_at
        self._call_soon: Callable[..., asyncio.Handle] = loop.call_soon
        self._calls = 0
        """How many calls were put into the loop's queue."""

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Clock:
        """The clock of `loop`. Raises ConfigError where the loop does not let its time be changed, as uvloop."""
        if not isinstance(loop, asyncio.BaseEventLoop):
            raise ConfigError(
                f"The time of {type(loop).__module__}'s event loop cannot be moved: run tests with a clock on "
                "asyncio's."
            )
        clock = cls(loop)
        clock._loop.time = clock.time
        clock._loop.call_at = clock._noted
        clock._loop.call_soon = clock._counted
        return clock

    def time(self) -> float:
        """The loop's time, in seconds."""
        return self._real() + self._added if self._still is None else self._still

    async def advance(self, seconds: float) -> None:
        """Moves the time on, and runs all that is due meanwhile, in order, each at its time.

        What a timer wakes is run until it waits for something. Where it waits for the world outside (a socket, a
        thread), that is not waited for here. Raises ValueError for less than 0 seconds, and LifecycleError while
        another task moves the clock.
        """
        if seconds < 0:
            raise ValueError(f"Time does not go back ({seconds} s).")
        if self._still is not None:
            raise LifecycleError("Somebody else is moving this clock: await one `advance()` before the next.")
        self._still = now = self.time()
        target = now + seconds
        try:
            await self._settled()
            while (due := self._next()) is not None and due <= target:
                self._still = due
                await self._settled()
            self._still = target
            await self._settled()
        finally:
            self._added, self._still = self._still - self._real(), None

    def release(self) -> None:
        """Watches timers no longer. What was added stays, because a loop's time must not go back."""
        del self._loop.call_at, self._loop.call_soon
        self._timers.clear()

    def _next(self) -> float | None:
        timers = self._timers
        while timers and (timers[0][2].cancelled() or timers[0][0] <= self.time()):
            heapq.heappop(timers)
        return timers[0][0] if timers else None

    def _noted(self, when: float, callback: Callable[..., object], *args: Any, **options: Any) -> asyncio.TimerHandle:
        handle = self._call_at(when, callback, *args, **options)
        heapq.heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def _counted(self, callback: Callable[..., object], *args: Any, **options: Any) -> asyncio.Handle:
        self._calls += 1
        return self._call_soon(callback, *args, **options)

    async def _settled(self) -> None:
        quiet = 0
        for _ in range(_TURNS):
            before = self._calls
            await asyncio.sleep(0)
            # One call is this task's own next step.
            quiet = quiet + 1 if self._calls - before <= 1 else 0
            if quiet == _QUIET_TURNS:
                return


async def made() -> AsyncIterator[Clock]:
    """The fixture."""
    clock = Clock.of(asyncio.get_running_loop())
    try:
        yield clock
    finally:
        clock.release()
