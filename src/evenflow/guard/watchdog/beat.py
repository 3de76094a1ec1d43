"""The loop's side of the watchdog: a timer that shows that the loop runs, and notices by itself when it did not."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass

from evenflow.guard.watchdog.accounting import RunQueue
from evenflow.guard.watchdog.evidence import Other
from evenflow.guard.watchdog.stack import depth

INTERVAL = 0.02
"""Seconds between two beats."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A beat that came late. Times are in seconds."""

    number: int
    """Which beat was the last one before."""
    since: float
    until: float
    cpu: float
    queued: float
    """How long the thread was ready and no processor had time for it."""
    others: tuple[Other, ...]


class Beat:
    """Beats on one loop, from the loop's own thread.

    Where the loop has nothing to do for a while, the beat rests, for a loop that wakes up 50 times a second costs more
    than all the rest; the patrol then looks whether the loop stands still, and revives the beat when it does not.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: float, look: Callable[[int], tuple[Other, ...]]) -> None:
        self.loop = loop
        self.limit = limit
        self.gaps: deque[Gap] = deque(maxlen=16)
        self.number = 0
        self.last = time.monotonic()
        self.thread = threading.get_ident()
        self.below = 0
        """How many functions called the loop."""
        self.may_rest = False
        self.rests = False
        """Whether there is no timer."""
        self.queue = RunQueue(threading.get_native_id())
        self._look = look
        self._late_at = limit - INTERVAL
        self._cpu = time.thread_time()
        self._queued = self.queue.seconds()
        self._ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._schedule()

    def stop(self) -> None:
        """Beat no more. Called in the loop's thread, or when the loop is closed."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()

    def cpu_since(self, cpu: float) -> float:
        """What the thread has computed since the last beat, where its clock is at `cpu` now."""
        return cpu - self._cpu

    def queued_since(self) -> float:
        """How long it was ready since the last beat, and no processor had time for it."""
        return max(0.0, self.queue.seconds() - self._queued)

    def rested(self, cpu: float | None) -> None:
        """The loop has nothing to do at this moment; as good as a beat. Called in the patrol's thread."""
        self.last = time.monotonic()
        self._queued = self.queue.seconds()
        if cpu is not None:
            self._cpu = cpu

    def revive(self) -> None:
        """Beat again after a rest. Called in the patrol's thread."""
        self.number += 1
        self.may_rest = self.rests = False
        with suppress(RuntimeError):  # the loop was closed meanwhile
            self.loop.call_soon_threadsafe(self.beat, context=Context())

    def _schedule(self) -> None:
        # In a context of its own: else it would keep the request alive that it was started in.
        self._timer = self.loop.call_later(INTERVAL, self.beat, context=Context())

    def beat(self) -> None:
        """The loop runs. Called by its timer."""
        # hot: bench_guard, 50 times a second
        now = time.monotonic()
        cpu = time.thread_time()
        if now - self.last - INTERVAL >= self._late_at:
            self._tell(now, cpu)
        self._cpu = cpu
        # Here and not in the patrol's thread, which would have to ask for the interpreter once more.
        self._queued = self.queue.seconds()
        self.below = depth(sys._getframe())
        if threading.get_ident() != self.thread:
            self._move()
        self.number += 1
        self.last = time.monotonic()
        if self._ended:
            return
        if self.may_rest:
            self.rests = True
        else:
            self._schedule()

    def _tell(self, now: float, cpu: float) -> None:
        computed = cpu - self._cpu
        others: tuple[Other, ...] = ()
        if computed * 2 < now - self.last:
            # If another thread held the interpreter, it still stands where it did.
            others = self._look(self.thread)
        self.gaps.append(Gap(self.number, self.last, now, computed, self.queued_since(), others))

    def _move(self) -> None:
        self.thread = threading.get_ident()
        self.queue.close()
        self.queue = RunQueue(threading.get_native_id())
