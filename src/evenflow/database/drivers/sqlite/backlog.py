"""Tickets that wait for a thread: bounded in number and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

from evenflow import observe
from evenflow.database.drivers.sqlite.interval import LATE, SwitchInterval
from evenflow.database.drivers.sqlite.ticket import Ticket, fail
from evenflow.database.telling import Telling
from evenflow.errors import NotConnected, PoolTimeout, QueueFull

# A shorter round would have the kernel set its clock anew at every sleep of the loop (bench_sqlite_writes at one task).
_PATROL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many tickets may wait and for how long, and what is said of those that do not fit."""

    limit: int
    patience: float
    explain: Callable[[], str]
    """What everybody waits for, as a sentence."""
    crowd: Callable[[], tuple[int, Sequence[object]]]
    """How many wait, and who holds connections."""
    telling: Telling

    def tell_exhausted(self, ticket: Ticket) -> None:
        """A ticket has waited in vain."""
        if observe.listening:
            waiting, holders = self.crowd()
            self.telling.exhausted(monotonic() - ticket.since, ticket.sql, waiting, holders)


class Backlog:
    """Every ticket handed in and not yet answered.

    A ticket that no thread has begun after `patience` seconds fails with PoolTimeout, and where one is late the
    interval is shortened. One patrol watches them all, so that a ticket costs two dictionary operations and no
    timer of its own.
    """

    def __init__(self, bounds: Bounds, interval: SwitchInterval) -> None:
        self._bounds = bounds
        self._limit = bounds.limit
        self._patience = bounds.patience
        self._slow = bounds.telling.slow
        self._interval = interval
        self.exhausted = 0
        """Times somebody waited in vain."""
        self._sweep_at = 0.0
        self._tickets: dict[Ticket, None] = {}
        self._patrol: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Tickets that no thread has begun."""
        return sum(not ticket.started for ticket in list(self._tickets))

    async def outcome(
        self, ticket: Ticket, put: Callable[[Ticket], object], interrupt: Callable[[Ticket], bool]
    ) -> Any:
        """What comes of a ticket that is queued by `put`. Cancelled, it is stopped by `interrupt`.

        Raises QueueFull, and NotConnected after the end.
        """
        # hot: bench_sqlite_writes, so nothing here is a call that need not be
        if self._closed:
            raise NotConnected("The database has been disconnected; this connection of it cannot be used any more.")
        if len(self._tickets) >= self._limit:
            raise too_many(self._bounds, ticket)
        self._tickets[ticket] = None
        if self._patrol is None or self._patrol.is_closed():
            self._patrol = ticket.loop
            ticket.loop.call_later(_PATROL_SECONDS, self._look)
        try:
            put(ticket)
            return await ticket.future
        except asyncio.CancelledError:
            abandon(ticket, interrupt)
            raise
        except PoolTimeout:
            self._bounds.tell_exhausted(ticket)
            raise
        finally:
            self._tickets.pop(ticket, None)
            if ticket.seconds > self._slow:
                self._bounds.telling.slow_query(ticket.sql, ticket.seconds)

    def fail_all(self) -> None:
        """Nobody will serve them any more."""
        self._closed = True
        for ticket in list(self._tickets):
            fail(ticket, NotConnected("The database was disconnected while this statement waited."))
        self._interval.shorten(False)

    def _look(self) -> None:
        now = monotonic()
        oldest = self._oldest()
        self._interval.shorten(oldest is not None and now - oldest.since > LATE)
        if oldest is None or self._patrol is None:
            self._patrol = None
            return
        if now >= self._sweep_at:
            self._sweep(now)
        self._patrol.call_later(_PATROL_SECONDS, self._look)

    def _oldest(self) -> Ticket | None:
        while True:
            with suppress(RuntimeError):  # another loop's thread has just entered one
                return next(iter(self._tickets), None)

    def _sweep(self, now: float) -> None:
        for ticket in list(self._tickets):
            if ticket.started:
                continue
            late_at = ticket.since + self._patience
            if late_at > now:
                self._sweep_at = late_at
                return
            self.exhausted += 1
            fail(ticket, too_late(self._bounds, ticket))
        self._sweep_at = now + _PATROL_SECONDS


def too_many(bounds: Bounds, ticket: Ticket) -> QueueFull:
    """The error where no more may wait."""
    return QueueFull(
        f"{bounds.limit} statements wait for the database already, so this one was refused. Send less at once, or "
        f"raise max_waiting. {bounds.explain()}",
        statement=ticket.sql,
    )


def too_late(bounds: Bounds, ticket: Ticket) -> PoolTimeout:
    """The error where a wait was too long."""
    return PoolTimeout(
        f"No connection came free within {bounds.patience:g} s. {bounds.explain()}", statement=ticket.sql
    )


def abandon(ticket: Ticket, interrupt: Callable[[Ticket], bool]) -> None:
    """Nobody waits for the ticket any more: it is not begun, or stopped by `interrupt` where a thread is at it."""
    ticket.abandoned = True
    if ticket.started:
        ticket.seconds = perf_counter() - ticket.started
    _chase(ticket, interrupt)


def _chase(ticket: Ticket, interrupt: Callable[[Ticket], bool]) -> None:
    # An interrupt is lost while the thread stands between taking the ticket and running its statement,
    # so it is said again until the thread has moved on.
    if interrupt(ticket):
        asyncio.get_running_loop().call_later(0.02, _chase, ticket, interrupt)
