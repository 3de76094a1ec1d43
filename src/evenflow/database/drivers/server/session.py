"""One connection to a server, lent to a scope."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from itertools import islice
from time import perf_counter
from typing import Any

from evenflow.database.driver import Begin, Cursor
from evenflow.database.drivers.server.wire import Wire, WireCursor
from evenflow.database.holder import Holder
from evenflow.database.plan import Call, Kind, ManyCall
from evenflow.database.telling import Telling
from evenflow.errors import ConnectionLost, DatabaseError, TransactionClosed

PIECE = 256
"""Rows an `iterate()` fetches at a time."""


class Counts:
    """How many statements were run."""

    def __init__(self) -> None:
        self.reads = self.writes = self.commits = 0

    def add(self, kind: Kind) -> None:
        """One more, on a connection that was lent."""
        if kind is Kind.READ:
            self.reads += 1
        else:
            self.writes += 1


class ServerSession:
    """A connection of one's own until `release`. Its statements run one after another, in the order they come."""

    def __init__(
        self,
        wire: Wire,
        give_back: Callable[[Wire], None],
        unsure: Callable[[Wire, asyncio.Lock], None],
        counts: Counts,
        telling: Telling,
    ) -> None:
        self.wire = wire
        self._give_back = give_back
        self._give_back_unsure = unsure
        self._counts = counts
        self._telling = telling
        self._turn = asyncio.Lock()
        self._unsure = False
        self._begun = False
        self._over = False
        self._ended_by_ddl = False
        self._broken_off: list[WireCursor] = []

    async def run(self, call: Call) -> Any:
        """One statement."""
        self._counts.add(call.plan.kind)
        if call.plan.kind is Kind.ALONE:
            return await self._run_alone(call)
        return await self.work(lambda wire: wire.run(call), call.sql)

    async def _run_alone(self, call: Call) -> Any:
        """A statement that may end the transaction, as MySQL's DDL does, which commits what was before it."""

        async def run(wire: Wire) -> Any:
            result = await wire.run(call)
            self._ended_by_ddl = self._begun and not wire.in_transaction
            return result

        return await self.work(run, call.sql, after_ddl=True)

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments: all of them, or none."""
        self._counts.add(Kind.WRITE)
        return await self.work(lambda wire: run_many(wire, call), call.sql)

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """The rows of a statement, piece by piece; other statements may run in between."""
        if not (self.wire.interleaves and self._begun):
            # An open result would stand in the way of every other statement of this connection.
            return Whole(self, await self.run(call), call.sql)
        self._counts.add(call.plan.kind)
        return SessionCursor(self, await self.work(lambda wire: wire.open_cursor(call), call.sql), call.sql)

    async def begin(self, begin: Begin) -> None:
        """Start a transaction."""
        await self.work(lambda wire: wire.begin(begin), None)
        self._begun = True

    async def commit(self) -> None:
        """Commit. Raises ConnectionLost where nobody can know whether it happened."""
        self.check_open(None)
        async with self._turn:
            await self._sure()
            if self.wire.lost:
                raise ConnectionLost(
                    "The connection was lost before COMMIT: nothing of this transaction was kept. Run it again."
                )
            if not self.wire.in_transaction:
                if self._ended_by_ddl:
                    return
                raise TransactionClosed(_GONE)
            self._begun = False
            try:
                await self.wire.command("COMMIT")
            except ConnectionLost as error:
                raise type(error)(
                    "The connection was lost during COMMIT: the transaction may have been committed or not. "
                    f"Look before you repeat it. {error}"
                ) from error.__cause__

    async def rollback(self) -> None:
        """Roll back what there is."""
        if self._over or self.wire.lost:
            return  # the server does it by itself
        self._begun = False
        await self.work(_rolled_back, None)

    async def savepoint(self, name: str) -> None:
        """Mark a point to return to."""
        await self.work(lambda wire: wire.command(f"SAVEPOINT {name}"), None)

    async def release_savepoint(self, name: str) -> None:
        """Forget the point, keep the work."""
        if not self._ended_by_ddl:
            await self.work(lambda wire: wire.command(f"RELEASE SAVEPOINT {name}"), None)

    async def rollback_to(self, name: str) -> None:
        """Undo the work since the point, and forget the point."""
        if self.wire.lost or self._ended_by_ddl:
            return

        async def undo(wire: Wire) -> None:
            if wire.in_transaction:
                await wire.command(f"ROLLBACK TO SAVEPOINT {name}")
                await wire.command(f"RELEASE SAVEPOINT {name}")

        await self.work(undo, None)

    async def call(self, function: Callable[[Any], Any]) -> Any:
        """`function(raw connection)`; what it returns is awaited if that can be done."""

        async def called(wire: Wire) -> Any:
            wire.altered = True
            result = function(wire.raw)
            return await result if isawaitable(result) else result

        return await self.work(called, None)

    def release(self) -> None:
        """Give the connection back; what is open is rolled back in the background."""
        if not self._over:
            self._over = True
            if self._unsure or self._turn.locked() or self.wire.in_transaction:
                self._give_back_unsure(self.wire, self._turn)
            else:
                self._give_back(self.wire)

    async def work(
        self, do: Callable[[Wire], Awaitable[Any]], statement: str | None, *, after_ddl: bool = False
    ) -> Any:
        """`do(wire)`, in turn, where the session and its transaction are still there."""
        self.check_open(statement)
        async with self._turn:
            await self._sure()
            self.check_open(statement)
            if self._begun and not self.wire.in_transaction and not (after_ddl and self._ended_by_ddl):
                raise TransactionClosed(_GONE, statement=statement)
            started = perf_counter()
            try:
                return await do(self.wire)
            except DatabaseError as error:
                if isinstance(error, ConnectionLost):
                    self.check_open(statement)  # it was closed because its block has ended
                raise
            except BaseException:
                self._unsure = True
                raise
            finally:
                if (seconds := perf_counter() - started) > self._telling.slow:
                    self._telling.slow_query(statement, seconds)

    async def _sure(self) -> None:
        """After a cancelled statement: wait until the connection can be used again."""
        if self._unsure:
            await self.wire.recover()
            self._unsure = False
        while self._broken_off:
            await self._broken_off.pop().close()

    def forget(self, cursor: WireCursor) -> None:
        """Nobody reads on; it is closed before the next statement."""
        self._broken_off.append(cursor)

    def check_open(self, statement: str | None) -> None:
        """Raise where the connection has been given back."""
        if self._over:
            raise TransactionClosed(
                "The connection this belonged to has been given back: its transaction or connection() has ended.",
                statement=statement,
            )


class SessionCursor:
    """An open result on a session."""

    def __init__(
        self, session: ServerSession, cursor: WireCursor, statement: str, *, owns_session: bool = False
    ) -> None:
        self._session = session
        self._cursor = cursor
        self._statement = statement
        self._owns_session = owns_session
        self._over = False

    async def fetch(self) -> list[Any]:
        """The next rows."""
        if self._over:
            return []
        rows: list[Any] = await self._session.work(lambda _: self._cursor.fetch(PIECE), self._statement)
        if len(rows) < PIECE:
            await self._session.work(lambda _: self._cursor.close(), self._statement)
            self._over = True
            self.release()
        return rows

    def release(self) -> None:
        """Forget the rest, and give the connection back if it was lent for it."""
        if self._owns_session:
            self._session.release()
        elif not self._over:
            self._session.forget(self._cursor)
        self._over = True


class Whole:
    """A result that was read at once, and is given piece by piece as any other."""

    def __init__(self, session: ServerSession, rows: list[Any], statement: str) -> None:
        self._session = session
        self._rows = iter(rows)
        self._statement = statement

    async def fetch(self) -> list[Any]:
        """The next rows."""
        rows = list(islice(self._rows, PIECE))
        if rows:
            self._session.check_open(self._statement)
        return rows

    def release(self) -> None:
        """Forget the rest."""
        self._rows = iter(())


async def run_many(wire: Wire, call: ManyCall) -> Any:
    """`wire.run_many`, atomic: with a transaction or a savepoint around it where it is not by itself."""
    if wire.is_atomic(call):
        return await wire.run_many(call)
    inside = wire.in_transaction
    if inside:
        await wire.command("SAVEPOINT evenflow_many")
    else:
        await wire.begin(Begin())
    try:
        result = await wire.run_many(call)
        await wire.command("RELEASE SAVEPOINT evenflow_many" if inside else "COMMIT")
    except DatabaseError:
        if not wire.lost:
            await wire.command("ROLLBACK TO SAVEPOINT evenflow_many" if inside else "ROLLBACK")
        raise
    return result


async def _rolled_back(wire: Wire) -> None:
    if wire.in_transaction:
        await wire.command("ROLLBACK")


_GONE = (
    "The server has ended this transaction, after an error or by a statement that does so by itself; nothing more can "
    "be done in it. Leave the block and run it again."
)
