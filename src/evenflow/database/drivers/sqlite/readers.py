"""Threads that read: one queue for all of them, results handed over in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from queue import Empty, SimpleQueue
from time import monotonic

from evenflow.database.drivers.sqlite.lane import Connect, Lane
from evenflow.database.drivers.sqlite.ticket import Outcome, Ticket, deliver

_BATCH = 64
_BATCH_SECONDS = 0.0005
_FAST = 0.0002
_SLOW = 0.005


class Readers:
    """A few reading connections behind one queue.

    Statements known to be slow never take the last reader, so short ones always find one.
    """

    def __init__(self, count: int, connect: Connect) -> None:
        self._queue: SimpleQueue[Ticket | None] = SimpleQueue()
        self._lanes = [Lane(f"reader-{number}", connect, self._serve) for number in range(1, count + 1)]
        self._slow: deque[Ticket] = deque()
        self._slow_limit = max(1, count - 1)
        self._slow_running: set[Ticket] = set()

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def done(self) -> int:
        """Statements done so far."""
        return sum(lane.done for lane in self._lanes)

    async def start(self) -> None:
        """Open all connections."""
        await asyncio.gather(*(lane.start() for lane in self._lanes))

    async def stop(self) -> None:
        """Finish the statements at hand and close."""
        for _ in self._lanes:
            self._queue.put(None)
        await asyncio.gather(*(lane.ended() for lane in self._lanes))

    def put(self, ticket: Ticket) -> None:
        """Queue a ticket."""
        if ticket.plan.cost > _SLOW:
            self._put_slow(ticket)
        else:
            self._queue.put(ticket)

    def interrupt(self, ticket: Ticket) -> bool:
        """Stop a ticket that is being done."""
        return any(lane.interrupt(ticket) for lane in self._lanes)

    def _put_slow(self, ticket: Ticket) -> None:
        if len(self._slow_running) >= self._slow_limit:
            self._slow.append(ticket)
            return
        self._slow_running.add(ticket)
        ticket.future.add_done_callback(lambda _: self._slow_done(ticket))
        self._queue.put(ticket)

    def _slow_done(self, ticket: Ticket) -> None:
        self._slow_running.discard(ticket)
        while self._slow and len(self._slow_running) < self._slow_limit:
            following = self._slow.popleft()
            if not following.abandoned:
                self._put_slow(following)

    def _serve(self, lane: Lane) -> None:
        # hot: bench_sqlite_reads. Waking the loop is the dearest step of a short read, so results wait
        # for each other while more work is there; but never behind a statement not known to be fast.
        queue = self._queue
        finished: list[Outcome] = []
        first = 0.0
        while True:
            try:
                ticket = queue.get(block=False)
            except Empty:
                if finished:
                    deliver(finished)
                    finished = []
                ticket = queue.get()
            if ticket is None:
                break
            if finished and (
                len(finished) >= _BATCH
                or not 0.0 < ticket.plan.cost < _FAST
                or monotonic() - first > _BATCH_SECONDS
            ):
                deliver(finished)
                finished = []
            outcome = lane.perform(ticket)
            if outcome is not None:
                if not finished:
                    first = monotonic()
                finished.append(outcome)
            del ticket, outcome
        if finished:
            deliver(finished)
