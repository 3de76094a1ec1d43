"""Connections lent whole, each in a thread of its own, bounded in number."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import RLock
from time import perf_counter

from evenflow.database.drivers.sqlite.backlog import Backlog
from evenflow.database.drivers.sqlite.lane import Connect, Lane
from evenflow.database.drivers.sqlite.ticket import Item, Outcome, Ticket, deliver
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
            lane.count(item)
            deliver([outcome])
        if item.abandoned:
            # SQLite remembers an interrupt as long as any result is open, and would stop innocent statements too.
            for result in opened:
                result.close()
        del item, outcome  # the thread may sleep for long, and rows shall not wait with it
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

    They come back from any thread, and from destructors: even in the middle of our own book-keeping, when the
    garbage collector runs there. So the lock is one that its holder may take again, and who waits is served after
    the books are closed, not while they are open.
    """

    def __init__(self, limit: int, backlog: Backlog, reading: Connect, private: Connect) -> None:
        self._limit = limit
        self._backlog = backlog
        self._reading = reading
        self._private = private
        self._lock = RLock()
        self._out: dict[object, Holder] = {}
        self._waiting: deque[tuple[Ticket, object, Holder]] = deque()
        self._idle: list[Loan] = []
        self._open: set[Loan] = set()
        self._reads = self._writes = 0  # of connections closed since

    def __len__(self) -> int:
        return len(self._open)

    @property
    def reads(self) -> int:
        """Statements that read, done on lent connections."""
        return self._reads + sum(loan.lane.reads for loan in list(self._open))

    @property
    def writes(self) -> int:
        """Statements that write, done on lent connections."""
        return self._writes + sum(loan.lane.writes for loan in list(self._open))

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
            loan = (None if private else self._kept()) or await self._opened(private=private)
        except BaseException:
            self._vacate(place)
            raise
        return loan, lambda: self._take_back(loan, place, keep=not private)

    async def _opened(self, *, private: bool) -> Loan:
        loan = Loan(self._private if private else self._reading)
        self._open.add(loan)
        try:
            await loan.lane.start()
        except BaseException:
            self._close(loan)
            raise
        return loan

    def _close(self, loan: Loan) -> None:
        loan.end()
        self._open.discard(loan)
        self._reads += loan.lane.reads
        self._writes += loan.lane.writes

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
        with self._lock:
            if len(self._out) < self._limit:
                self._out[place] = holder
                return
        waiting = Ticket(_nothing, None)

        def queue(waiting: Ticket) -> None:
            with self._lock:
                self._waiting.append((waiting, place, holder))
            self._serve_waiting()

        await self._backlog.outcome(waiting, queue, lambda _: False)

    def _take_back(self, loan: Loan, place: object, *, keep: bool) -> None:
        if keep:
            loan.queue.put(None)
            with self._lock:
                self._idle.append(loan)
        else:
            self._close(loan)
        self._vacate(place)

    def _vacate(self, place: object) -> None:
        with self._lock:
            self._out.pop(place, None)
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        served: list[Outcome] = []
        with self._lock:
            while self._waiting and len(self._out) < self._limit:
                ticket, place, holder = self._waiting.popleft()
                if not ticket.abandoned:
                    ticket.started = perf_counter()
                    self._out[place] = holder
                    served.append((ticket, None, None))
        for outcome in served:
            deliver([outcome])


def _nothing(connection: sqlite3.Connection, matter: None) -> None:
    """A ticket that only waits."""
