"""The one thread that writes: it commits concurrent autocommit writes together, and lends itself out whole."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import perf_counter

from evenflow.database.drivers.sqlite.errors import translated
from evenflow.database.drivers.sqlite.lane import Connect, Lane
from evenflow.database.drivers.sqlite.loans import serve_loan
from evenflow.database.drivers.sqlite.ticket import Item, Outcome, Ticket, deliver, deliver_each
from evenflow.database.holder import Holder

_GROUP = 512
_GROUP_SECONDS = 0.02


class Lease:
    """The writer, lent whole: its thread serves `queue` until None comes."""

    def __init__(self, granted: Ticket, holder: Holder) -> None:
        self.granted = granted
        self.holder = holder
        self.queue: SimpleQueue[Item] = SimpleQueue()
        self.over = False

    def give_back(self) -> None:
        """The borrower is done; what is left open is rolled back."""
        self.over = True
        self.queue.put(None)


class Writer:
    """Serves tickets in the order they come.

    Writes that wait at the same time share one transaction and so one wait for the disk. Each is
    answered only after the COMMIT; one that fails fails alone, because SQLite undoes a failing
    statement by itself. Where SQLite gives up the whole transaction (RAISE(ROLLBACK), a full disk,
    a deferred constraint at COMMIT), the others are run again one by one: nothing was promised yet.
    """

    def __init__(self, connect: Connect) -> None:
        self._queue: SimpleQueue[Ticket | Lease | None] = SimpleQueue()
        self.put = self._queue.put
        """Queue a ticket, or ask for the writer whole."""
        self._ahead: deque[Ticket | Lease | None] = deque()
        self.lane = Lane("writer", connect, self._serve)
        self._lease: Lease | None = None
        self._stopping = False
        self.commits = 0

    @property
    def lent_to(self) -> Holder | None:
        """Who has the writer now."""
        lease = self._lease
        return lease.holder if lease is not None and not lease.over else None

    async def start(self) -> None:
        """Open the connection."""
        await self.lane.start()

    async def stop(self) -> None:
        """Finish what is queued, take back what is lent, and close."""
        self._stopping = True
        self._queue.put(None)
        lease = self._lease
        if lease is not None:
            lease.give_back()
        await self.lane.ended()

    def _serve(self, lane: Lane) -> None:
        while True:
            item = self._ahead.popleft() if self._ahead else self._queue.get()
            if item is None:
                return
            if isinstance(item, Lease):
                self._lend(item)
            elif item.groupable and (self._ahead or not self._queue.empty()):
                self._write(self._gathered(item))
            else:
                self._write_alone(item)
            del item  # the thread may sleep for long, and rows shall not wait with it

    def _gathered(self, first: Ticket) -> list[Ticket]:
        group = [first]
        while len(group) < _GROUP:
            try:
                item = self._ahead.popleft() if self._ahead else self._queue.get(block=False)
            except Empty:
                break
            if isinstance(item, Ticket) and item.groupable:
                group.append(item)
            else:
                self._ahead.appendleft(item)
                break
        return [ticket for ticket in group if not ticket.abandoned]

    def _write(self, group: list[Ticket]) -> None:
        if len(group) < 2:
            self._one_by_one(group)
            return
        connection = self.lane.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            deliver_each([(ticket, None, translated(error, ticket.sql)) for ticket in group])
            return
        outcomes: list[Outcome] = []
        started = perf_counter()
        for number, ticket in enumerate(group):
            outcome = self.lane.perform(ticket)
            if not connection.in_transaction:
                # SQLite gave the transaction up for this ticket's sake: its error stands, nothing else does.
                if outcome is not None:
                    self.lane.count(ticket)
                    deliver([outcome])
                self._one_by_one([*(done for done, _, _ in outcomes), *group[number + 1 :]])
                return
            if outcome is not None:
                outcomes.append(outcome)
            if perf_counter() - started > _GROUP_SECONDS and number + 1 < len(group):
                self._ahead.extendleft(reversed(group[number + 1 :]))
                break
        self._commit(outcomes)

    def _commit(self, outcomes: list[Outcome]) -> None:
        connection = self.lane.connection
        try:
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            self._one_by_one([ticket for ticket, _, _ in outcomes])
            return
        self.commits += 1
        self.lane.writes += len(outcomes)  # hot: bench_sqlite_writes, instead of counting one by one
        deliver_each(outcomes)

    def _one_by_one(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            self._write_alone(ticket)

    def _write_alone(self, ticket: Ticket) -> None:
        outcome = self.lane.perform(ticket)
        if outcome is not None:
            if ticket.groupable:
                self.lane.writes += 1
                self.commits += outcome[2] is None
            else:
                self.lane.count(ticket)
            deliver([outcome])

    def _lend(self, lease: Lease) -> None:
        self._lease = lease  # before the look at `_stopping`, so that stop() sees one or the other
        granted = None if self._stopping else self.lane.perform(lease.granted)
        if granted is not None:
            deliver([granted])
            serve_loan(self.lane, lease.queue)
        self._lease = None
