"""SQLite behind the driver port: readers beside one writer, or one thread for a database in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

from evenflow import observe
from evenflow.database.completion import to_the_end
from evenflow.database.driver import Cursor, DatabaseStatistics, Mode, Session
from evenflow.database.drivers.sqlite import work
from evenflow.database.drivers.sqlite.backlog import Backlog, Bounds
from evenflow.database.drivers.sqlite.connecting import connect
from evenflow.database.drivers.sqlite.interval import SwitchInterval
from evenflow.database.drivers.sqlite.loans import Loan, Loans
from evenflow.database.drivers.sqlite.memory import SharedSession
from evenflow.database.drivers.sqlite.readers import Readers
from evenflow.database.drivers.sqlite.session import PIECE, LaneSession, PrivateSession, SessionCursor
from evenflow.database.drivers.sqlite.settings import target
from evenflow.database.drivers.sqlite.ticket import Ticket
from evenflow.database.drivers.sqlite.writer import Lease, Writer
from evenflow.database.holder import Holder
from evenflow.database.plan import Call, Kind, ManyCall
from evenflow.database.statement import sqlite_dialect
from evenflow.database.telling import Telling
from evenflow.database.url import DatabaseURL


class SqliteDriver:
    """One SQLite database.

    A file: `readers` threads share the reads, one writer has all writes, and further connections are
    lent to `iterate()`, `connection()` and read-only transactions. In memory: the writer does everything.
    """

    taught = False
    ddl_commits = False
    listen = None
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"

    def __init__(self, url: DatabaseURL, options: Mapping[str, Any]) -> None:
        self._target = target(url, options)
        self.dialect = sqlite_dialect()
        settings = self._target.settings
        self.patience = settings.pool_timeout
        reading = partial(connect, self._target, self.dialect, reading=True)
        writing = partial(connect, self._target, self.dialect, reading=False)
        self._telling = Telling(url, settings.slow_query)
        bounds = Bounds(settings.max_waiting, settings.pool_timeout, self._explain, self._crowd, self._telling)
        self._backlog = Backlog(bounds, SwitchInterval(settings.switch_interval))
        self._writer = Writer(writing)
        self._readers = (
            None
            if self._target.memory
            else Readers(settings.readers, reading, bounds, SwitchInterval(settings.switch_interval))
        )
        self._loans = Loans(settings.sessions, self._backlog, reading, writing)

    async def open(self) -> None:
        """Open the writer, which makes the file and its journal, then the readers."""
        try:
            await self._writer.start()
            if self._readers is not None:
                await self._readers.start()
        except BaseException:
            await to_the_end(self.close())
            raise

    async def close(self) -> None:
        """Close all connections; the writer, as the last one, tidies the journal away."""
        await self._loans.stop()
        if self._readers is not None:
            await self._readers.stop()
        await self._writer.stop()
        self._backlog.fail_all()

    def run(self, call: Call) -> Awaitable[Any]:
        """A statement by itself: reads on a reader, writes in a shared commit."""
        kind = call.plan.kind
        if kind is Kind.READ and self._readers is not None:
            return self._readers.run(call)
        return self._write(Ticket(work.run_call, call, groupable=kind is Kind.WRITE))

    def run_many(self, call: ManyCall) -> Awaitable[Any]:
        """Many sets of arguments in a shared commit."""
        groupable = all(plan.kind is Kind.WRITE for plan, _, _ in call.batches)
        return self._write(Ticket(work.run_many, call, groupable=groupable))

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """A result on a connection of its own, so that nothing else waits for its reader."""
        if self._readers is None:
            # What lies in memory is read at once: an open result would stand in the way of every write.
            return _Whole(await self.run(call))
        session = await self._lend_read(holder)
        return SessionCursor(session, work.Open(call, PIECE), owns_session=True)

    async def lend(self, mode: Mode, holder: Holder) -> Session:
        """A connection for one scope."""
        if self._readers is None:
            if mode is Mode.PRIVATE:
                return SharedSession(self, partial(self._lend_writer, holder))
            return await self._lend_writer(holder)
        if mode is Mode.READ:
            return await self._lend_read(holder)
        if mode is Mode.WRITE:
            return await self._lend_writer(holder)
        loan, give_back = await self._lent(holder, private=True)
        return PrivateSession(loan.queue, loan.lane.interrupt, self._backlog, give_back, partial(self._turn, holder))

    def statistics(self) -> DatabaseStatistics:
        """The state of now."""
        holders = self._holders()
        readers = self._readers
        return DatabaseStatistics(
            connections=1 + (len(readers) if readers else 0) + len(self._loans),
            lent=len(holders),
            waiting=self._backlog.waiting + (readers.waiting if readers else 0),
            reads=self._writer.lane.reads + self._loans.reads + (readers.done if readers else 0),
            writes=self._writer.lane.writes + self._loans.writes,
            commits=self._writer.commits,
            exhausted=self._backlog.exhausted + (readers.exhausted if readers else 0),
            holders=tuple(map(str, holders)),
        )

    def _write(self, ticket: Ticket) -> Awaitable[Any]:
        return self._backlog.outcome(ticket, self._writer.put, self._writer.lane.interrupt)

    async def _lent(self, holder: Holder, *, private: bool) -> tuple[Loan, Callable[[], None]]:
        since = monotonic()
        lent = await self._loans.lend(holder, private=private)
        if observe.listening:
            self._telling.lent(monotonic() - since)
        return lent

    async def _lend_read(self, holder: Holder) -> LaneSession:
        loan, give_back = await self._lent(holder, private=False)
        return LaneSession(loan.queue, loan.lane.interrupt, self._backlog, give_back, begin="BEGIN")

    async def _lend_writer(self, holder: Holder) -> LaneSession:
        lease = await self._lease(holder)
        if observe.listening:
            self._telling.lent(monotonic() - lease.granted.since)
        return LaneSession(
            lease.queue, self._writer.lane.interrupt, self._backlog, lease.give_back, begin="BEGIN IMMEDIATE"
        )

    async def _lease(self, holder: Holder) -> Lease:
        lease = Lease(Ticket(_nothing, None), holder)
        try:
            await self._backlog.outcome(lease.granted, lambda _: self._writer.put(lease), self._writer.lane.interrupt)
        except BaseException:
            lease.give_back()  # it may have been granted in the same moment
            raise
        return lease

    async def _turn(self, holder: Holder) -> Callable[[], None]:
        lease = await self._lease(holder)
        return lease.give_back

    def _holders(self) -> list[Holder]:
        lent_to = self._writer.lent_to
        return self._loans.holders + ([lent_to] if lent_to else [])

    def _crowd(self) -> tuple[int, list[Holder]]:
        return self.statistics().waiting, self._holders()

    def _explain(self) -> str:
        statistics = self.statistics()
        if not statistics.holders:
            return f"{statistics.waiting} statements are waiting; nobody holds a connection for long."
        return f"{statistics.waiting} are waiting. Held: {'; '.join(statistics.holders)}."


def _nothing(connection: Any, matter: None) -> None:
    """The ticket of a lease asks for nothing but its turn."""


class _Whole:
    """A result that was read at once."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    async def fetch(self) -> list[Any]:
        """All rows, then none."""
        rows, self._rows = self._rows, []
        return rows

    def release(self) -> None:
        """Nothing is held."""
        self._rows = []
