"""Tickets that wait for a thread: bounded in number and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from evenflow.database.drivers.sqlite.interval import LATE, SwitchInterval
from evenflow.database.drivers.sqlite.ticket import Ticket, fail
from evenflow.errors import NotConnected, PoolTimeout, QueueFull

# A shorter round would have the kernel set its clock anew at every sleep of the loop (bench_sqlite_writes at one task).
_PATROL_SECONDS = 0.01


class Backlog:
    """Every ticket handed in and not yet answered.

    A ticket that no thread has begun after `patience` seconds fails with PoolTimeout, and where one is late the
    interval is shortened. One patrol watches them all, so that a ticket costs two dictionary operations and no
    timer of its own.
    """

    def __init__(self, limit: int, patience: float, explain: Callable[[], str], interval: SwitchInterval) -> None:
        self._limit = limit
        self._patience = patience
        self._explain = explain
        self._interval = interval
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
            raise too_many(self._limit, self._explain, ticket)
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
        finally:
            self._tickets.pop(ticket, None)

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
            fail(ticket, too_late(self._patience, self._explain, ticket))
        self._sweep_at = now + _PATROL_SECONDS


def too_many(limit: int, explain: Callable[[], str], ticket: Ticket) -> QueueFull:
    """The error where no more may wait."""
    return QueueFull(
        f"{limit} statements wait for the database already, so this one was refused. Send less at once, or raise "
        f"max_waiting. {explain()}",
        statement=ticket.sql,
    )


def too_late(patience: float, explain: Callable[[], str], ticket: Ticket) -> PoolTimeout:
    """The error where a wait was too long."""
    return PoolTimeout(f"No connection came free within {patience:g} s. {explain()}", statement=ticket.sql)


def abandon(ticket: Ticket, interrupt: Callable[[Ticket], bool]) -> None:
    """Nobody waits for the ticket any more: it is not begun, or stopped by `interrupt` where a thread is at it."""
    ticket.abandoned = True
    _chase(ticket, interrupt)


def _chase(ticket: Ticket, interrupt: Callable[[Ticket], bool]) -> None:
    # An interrupt is lost while the thread stands between taking the ticket and running its statement,
    # so it is said again until the thread has moved on.
    if interrupt(ticket):
        asyncio.get_running_loop().call_later(0.02, _chase, ticket, interrupt)
