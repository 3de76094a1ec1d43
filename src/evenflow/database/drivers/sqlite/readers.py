"""Threads that read: one queue for all of them, results handed over in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Any

from evenflow.database.drivers.sqlite.backlog import Bounds, abandon, too_late, too_many
from evenflow.database.drivers.sqlite.finished import Finished
from evenflow.database.drivers.sqlite.interval import LATE, SwitchInterval
from evenflow.database.drivers.sqlite.lane import Connect, Lane
from evenflow.database.drivers.sqlite.ticket import Outcome, Ticket, fail
from evenflow.database.drivers.sqlite.work import run_call
from evenflow.database.plan import Call, Plan
from evenflow.errors import NotConnected, PoolTimeout

_FAST = 0.0002
_SLOW = 0.005
_PATROL_SECONDS = 0.002


class Readers:
    """A few reading connections behind one queue.

    Statements known to be slow never take the last reader, so short ones always find one.
    """

    def __init__(self, count: int, connect: Connect, bounds: Bounds, interval: SwitchInterval) -> None:
        self._interval = interval
        self._bounds = bounds
        self._limit = bounds.limit
        self._slower = bounds.telling.slow
        self.exhausted = 0
        """Times somebody waited in vain."""
        self._tickets: deque[Ticket] = deque()
        self._lanes = [Lane(f"reader-{number}", connect, self._serve) for number in range(1, count + 1)]
        self._asleep: list[Lock] = []
        self._unsure: set[Lane] = set()
        self._patrol: asyncio.AbstractEventLoop | None = None
        self._ringing: asyncio.AbstractEventLoop | None = None
        self._head: Ticket | None = None
        self._stopping = False
        self._finished: dict[Lane, Finished] = {}
        self._slow_lock = Lock()
        self._slow: deque[Ticket] = deque()
        self._slow_limit = max(1, count - 1)
        self._slow_running: set[Ticket] = set()

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def waiting(self) -> int:
        """Statements no reader has taken yet."""
        return sum(not ticket.abandoned for ticket in [*self._tickets, *self._slow])

    @property
    def done(self) -> int:
        """Statements done so far."""
        return sum(lane.reads for lane in self._lanes)

    async def start(self) -> None:
        """Open all connections."""
        await asyncio.gather(*(lane.start() for lane in self._lanes))

    async def stop(self) -> None:
        """Finish the statements at hand and close."""
        self._stopping = True
        for _ in self._lanes:
            self._wake_one()
        await asyncio.gather(*(lane.ended() for lane in self._lanes))
        self._patrol = None  # or it would go on for ever
        self._interval.shorten(False)
        for ticket in [*self._tickets, *self._slow]:
            fail(ticket, NotConnected("The database was disconnected while this statement waited."))

    async def run(self, call: Call) -> Any:
        """A statement that reads. Raises QueueFull, and PoolTimeout where no reader takes it in time."""
        ticket = Ticket(run_call, call)
        if len(self._tickets) + len(self._slow) >= self._limit:
            raise too_many(self._bounds, ticket)
        if self._stopping:
            raise NotConnected("The database has been disconnected.")
        if call.plan.cost > _SLOW:
            self._put_slow(ticket)
        else:
            self._tickets.append(ticket)
            self._see_to_it(ticket)
        try:
            return await ticket.future
        except asyncio.CancelledError:
            abandon(ticket, self.interrupt)
            raise
        except PoolTimeout:
            self._bounds.tell_exhausted(ticket)
            raise
        finally:
            if ticket.seconds > self._slower:
                self._bounds.telling.slow_query(ticket.sql, ticket.seconds)

    def interrupt(self, ticket: Ticket) -> bool:
        """Stop a ticket that is being done."""
        return any(lane.interrupt(ticket) for lane in self._lanes)

    def _put_slow(self, ticket: Ticket) -> None:
        with self._slow_lock:
            wait = len(self._slow_running) >= self._slow_limit
            if wait:
                self._slow.append(ticket)
            else:
                self._slow_running.add(ticket)
        if wait:
            self._watch(ticket.loop)
        else:
            self._tickets.append(ticket)
            self._see_to_it(ticket)

    def _slow_done(self, ticket: Ticket) -> None:
        with self._slow_lock:
            self._slow_running.discard(ticket)
            while self._slow and len(self._slow_running) < self._slow_limit:
                following = self._slow.popleft()
                if not following.abandoned:
                    self._slow_running.add(following)
                    self._tickets.append(following)

    def _see_to_it(self, ticket: Ticket) -> None:
        # hot: bench_article. A reader woken now would fight the loop for the GIL at every step of SQLite's; woken
        # when the loop has nothing else at hand, it finds a batch to do and the loop asleep.
        ringing, loop = self._ringing, ticket.loop
        if ringing is None or (ringing is not loop and ringing.is_closed()):
            self._ringing = loop
            loop.call_soon(self._ring)
        elif ringing is not loop:
            self._wake_one()

    def _ring(self) -> None:
        # Two readers fight for the GIL too, so a second one is woken only where the first is at something that may
        # take long. The patrol looks after what only seemed to be short.
        loop, self._ringing = self._ringing, None
        asleep = self._asleep
        if asleep and len(self._unsure) >= len(self._lanes) - len(asleep):
            self._wake_one()
        if loop is not None:
            self._watch(loop)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._patrol is None or (self._patrol is not loop and self._patrol.is_closed()):
            self._patrol = loop
            loop.call_later(_PATROL_SECONDS, self._look)

    def _look(self) -> None:
        self._refuse_late(self._tickets)
        self._refuse_late(self._slow)
        for finished in list(self._finished.values()):
            if not finished.told:  # they wait behind a statement that only seemed to be short
                finished.deliver()
        head = _first(self._tickets)
        if head is not None and head is self._head:
            self._wake_one()
        self._head = head
        self._interval.shorten(any(_is_late(ticket) for ticket in (head, *(lane.at for lane in self._lanes))))
        if self._patrol is not None and (head is not None or self._slow or len(self._asleep) < len(self._lanes)):
            self._patrol.call_later(_PATROL_SECONDS, self._look)
        else:
            self._patrol = None

    def _refuse_late(self, waiting: deque[Ticket]) -> None:
        latest = monotonic() - self._bounds.patience
        while (oldest := _first(waiting)) is not None and oldest.since < latest:
            with suppress(ValueError):  # a reader has just taken it
                waiting.remove(oldest)
                self._slow_done(oldest)
                self.exhausted += 1
                fail(oldest, too_late(self._bounds, oldest))

    def _wake_one(self) -> None:
        # The reader that fell asleep last is the one whose caches are warm.
        with suppress(IndexError):
            self._asleep.pop().release()

    def _sleep(self, bell: Lock) -> None:
        self._asleep.append(bell)
        if self._tickets or self._stopping:
            # Something came between the last look and lying down. If the bell is gone, it is about to ring.
            try:
                self._asleep.remove(bell)
            except ValueError:
                bell.acquire()
        else:
            bell.acquire()

    def _perform_unsure(self, lane: Lane, ticket: Ticket) -> Outcome | None:
        self._unsure.add(lane)
        if self._tickets:
            self._wake_one()
        try:
            return lane.perform(ticket)
        finally:
            self._unsure.discard(lane)

    def _serve(self, lane: Lane) -> None:
        # hot: bench_sqlite_reads. Waking the loop is the dearest step of a short read, so results wait
        # for each other while more work is there; but never behind a statement not known to be fast.
        tickets = self._tickets
        bell = Lock()
        bell.acquire()
        finished = self._finished[lane] = Finished()
        while True:
            try:
                ticket = tickets.popleft()
            except IndexError:
                if not finished.told:
                    finished.deliver()
                elif self._stopping:
                    return
                else:
                    self._sleep(bell)
                continue
            sure = 0.0 < ticket.matter.plan.cost < _FAST
            if not finished.told and (not sure or finished.is_due() or finished.loop is not ticket.loop):
                finished.deliver()
            if finished.loop is not ticket.loop:
                finished = self._finished[lane] = Finished(ticket.loop)
            outcome = lane.perform(ticket) if sure else self._perform_unsure(lane, ticket)
            if ticket in self._slow_running:
                self._slow_done(ticket)
            if outcome is not None:
                lane.reads += 1
                if outcome[2] is None:
                    _learn(ticket.matter.plan, ticket.seconds)
                finished.add(outcome)
            del ticket, outcome  # nothing here may keep a caller's rows alive while the thread sleeps


def _learn(plan: Plan, seconds: float) -> None:
    cost = plan.cost
    # Waiting for the GIL is in the measure too, so a short time says more than a long one.
    plan.cost = cost + (seconds - cost) / (2 if seconds < cost else 16) if cost else seconds


def _is_late(ticket: Ticket | None) -> bool:
    return ticket is not None and monotonic() - ticket.since > LATE


def _first(tickets: deque[Ticket]) -> Ticket | None:
    try:
        return tickets[0]
    except IndexError:
        return None
