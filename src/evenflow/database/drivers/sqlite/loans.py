"""Connections lent whole, each in a thread of its own, bounded in number."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock

from evenflow.database.drivers.sqlite.backlog import Backlog
from evenflow.database.drivers.sqlite.lane import Connect, Lane
from evenflow.database.drivers.sqlite.ticket import Item, Ticket, deliver
from evenflow.database.drivers.sqlite.work import Open
from evenflow.database.holder import Holder


def serve_loan(lane: Lane, queue: SimpleQueue[Item]) -> None:
    """Do what a borrower says until the loan is over, then roll back what is left open."""
    opened: list[Open] = []
    while (item := queue.get()) is not None:
        if isinstance(item, Open):
            item.close()
            continue
        if isinstance(item.matter, Open) and item.matter.cursor is None:
            opened = [*(each for each in opened if not each.closed), item.matter]
        outcome = lane.perform(item)
        if outcome is not None:
            deliver([outcome])
    for result in opened:
        result.close()
    if lane.connection.in_transaction:
        with suppress(sqlite3.Error):
            lane.connection.execute("ROLLBACK")


class Loan:
    """A thread with a connection that one borrower at a time has for himself."""

    def __init__(self, connect: Connect) -> None:
        self.queue: SimpleQueue[Item] = SimpleQueue()
        self.lane = Lane("lent", connect, self._serve)
        self._ending = False

    def end(self) -> None:
        """Close the connection after what is queued."""
        self._ending = True
        self.queue.put(None)

    def _serve(self, lane: Lane) -> None:
        while not self._ending:
            serve_loan(lane, self.queue)


class Loans:
    """Lends connections that read, kept for the next borrower, and private ones, closed after use.

    They come back from any thread, even from a destructor; so the books are kept under a lock.
    """

    def __init__(self, limit: int, backlog: Backlog, reading: Connect, private: Connect) -> None:
        self._limit = limit
        self._backlog = backlog
        self._reading = reading
        self._private = private
        self._lock = Lock()
        self._out: dict[object, Holder] = {}
        self._waiting: deque[tuple[Ticket, object, Holder]] = deque()
        self._idle: list[Loan] = []
        self._open: set[Loan] = set()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def done(self) -> int:
        """Statements done on connections that are open now."""
        return sum(loan.lane.done for loan in list(self._open))

    @property
    def holders(self) -> list[Holder]:
        """Who has a connection now."""
        with self._lock:
            return list(self._out.values())

    async def lend(self, holder: Holder, *, private: bool) -> tuple[Loan, Callable[[], None]]:
        """A connection, and the call that gives it back. Raises PoolTimeout."""
        place = object()
        try:
            await self._wait_for(place, holder)
            loan = None if private else self._kept()
            if loan is None:
                loan = Loan(self._private if private else self._reading)
                await loan.lane.start()
                self._open.add(loan)
        except BaseException:
            self._vacate(place)
            raise
        return loan, lambda: self._take_back(loan, place, keep=not private)

    async def stop(self) -> None:
        """End every connection; those in use after the statement they are at."""
        ending = list(self._open)
        for loan in ending:
            loan.end()
        await asyncio.gather(*(loan.lane.ended() for loan in ending))
        self._open.clear()
        self._idle.clear()

    def _kept(self) -> Loan | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    async def _wait_for(self, place: object, holder: Holder) -> None:
        waiting: Ticket | None = None
        with self._lock:
            if len(self._out) < self._limit:
                self._out[place] = holder
            else:
                waiting = Ticket(_nothing, None)
                self._waiting.append((waiting, place, holder))
        if waiting is not None:
            self._backlog.enter(waiting)
            await self._backlog.outcome(waiting, lambda _: False)

    def _take_back(self, loan: Loan, place: object, *, keep: bool) -> None:
        if keep:
            loan.queue.put(None)
            with self._lock:
                self._idle.append(loan)
        else:
            loan.end()
            self._open.discard(loan)
        self._vacate(place)

    def _vacate(self, place: object) -> None:
        following: Ticket | None = None
        with self._lock:
            if self._out.pop(place, None) is None:
                return
            while self._waiting:
                ticket, theirs, holder = self._waiting.popleft()
                if not ticket.abandoned:
                    following = ticket
                    following.started = True
                    self._out[theirs] = holder
                    break
        if following is not None:
            deliver([(following, None, None)])


def _nothing(connection: sqlite3.Connection, matter: None) -> None:
    """A ticket that only waits."""
