"""One connection to PostgreSQL, by asyncpg."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from evenflow.database.driver import Begin
from evenflow.database.drivers.postgres import copying, many
from evenflow.database.drivers.postgres.calls import run_call
from evenflow.database.drivers.postgres.cursor import PostgresCursor, opened
from evenflow.database.drivers.postgres.ending import Ending
from evenflow.database.drivers.postgres.errors import (
    FOREIGN,
    PreparedStatementsLost,
    TransactionGivenUp,
    is_outdated,
    translated,
)
from evenflow.database.drivers.postgres.known import Known, is_altering
from evenflow.database.plan import Call, Kind, ManyCall, Want
from evenflow.errors import ConnectionLost

_RECOVERY_SECONDS = 2.0
_PAUSE_SECONDS = 0.01
_RESET_SECONDS = 5.0
_GOODBYE_SECONDS = 2.0

_ROUND_TRIP = "SELECT"
_NO_POOLER = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)


class PostgresWire:
    """One connection. One task at a time uses it."""

    interleaves = True

    def __init__(self, raw: Any, known: Known, ending: Ending, *, caches: bool) -> None:
        self.raw = raw
        """asyncpg's connection."""
        self.altered = False
        self._known = known
        self._ending = ending
        self._version = known.version
        self._caches = caches
        self._altering = False

    @property
    def lost(self) -> bool:
        """Whether the connection is closed."""
        closed: bool = self.raw.is_closed()
        return closed

    @property
    def in_transaction(self) -> bool:
        """Whether the server has said that a transaction is open."""
        # asyncpg cannot be asked once it is closed; the server has rolled back then.
        inside: bool = not self.raw.is_closed() and self.raw.is_in_transaction()
        return inside

    async def run(self, call: Call) -> Any:
        """One statement."""
        plan = call.plan
        if not plan.plain:
            self.altered = True
        try:
            if self._version != self._known.version:
                await self._catch_up(call.sql)
            settled = plan.settled
            if settled is not None and call.into is None:  # hot: bench_postgres
                if call.want is Want.ALL:
                    return settled.all(await self.raw.fetch(call.sql, *call.args))
                if call.want is Want.ONE and plan.kind is Kind.READ:
                    record = await self.raw.fetchrow(call.sql, *call.args)
                    return None if record is None else settled.one(record)
            result = await run_call(self.raw, call, self._known)
            if plan.kind is Kind.ALONE and is_altering(call.sql):
                self._has_altered()
        except FOREIGN as error:
            failure = self._failure(error, call.sql)
        else:
            return result
        raise failure  # outside of the handler: an error that shows values is not kept as the context

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments."""
        if not all(plan.plain for plan, _, _ in call.batches):
            self.altered = True
        try:
            if self._version != self._known.version:
                await self._catch_up(call.sql)
            if call.target is None:
                return await many.run_many(self.raw, call, self._known)
            return await copying.run_copy(self.raw, call, call.target, self._known)
        except FOREIGN as error:
            failure = self._failure(error, call.sql)
        raise failure

    def is_atomic(self, call: ManyCall) -> bool:
        """Whether `run_many` is all or nothing by itself."""
        return many.is_atomic(call)

    async def open_cursor(self, call: Call) -> PostgresCursor:
        """The rows of a statement."""
        if not call.plan.plain:
            self.altered = True
        try:
            return await opened(self.raw, call, self._failure)
        except FOREIGN as error:
            failure = self._failure(error, call.sql)
        raise failure

    async def begin(self, begin: Begin) -> None:
        """Start a transaction."""
        try:
            if self._version != self._known.version:
                await self._catch_up(None)
            if self.in_transaction:
                await self.raw.execute("ROLLBACK")  # an abandoned one: its work must not become part of this one
            await self.raw.execute(begin_sql(begin))
            return
        except FOREIGN as error:
            failure = self._failure(error, None)
        raise failure

    async def command(self, sql: str) -> None:
        """COMMIT, ROLLBACK, SAVEPOINT …"""
        try:
            status = await self.raw.execute(sql)
            if self._altering and not self.in_transaction:
                self._has_altered()
        except FOREIGN as error:
            failure = self._failure(error, None)
        else:
            if status == "ROLLBACK" and not sql.startswith("ROLLBACK"):
                # PostgreSQL answers the COMMIT of a broken transaction so, without an error.
                raise TransactionGivenUp(
                    "PostgreSQL has given this transaction up after an earlier error, so nothing of it was kept. "
                    "Run it again, or put what may fail into a nested transaction()."
                )
            return
        raise failure

    async def recover(self) -> None:
        """Come back when the connection answers again."""
        try:
            async with asyncio.timeout(_RECOVERY_SECONDS):
                await self._answers()
        except TimeoutError:
            self.abort()
        if self.lost:
            self.abort()
            raise ConnectionLost("The connection did not answer after its statement was cancelled, so it was closed.")

    async def _answers(self) -> None:
        while not self.lost:
            try:
                await self.raw.execute(_ROUND_TRIP)
            except asyncpg.QueryCanceledError:
                continue  # the cancellation came late, and met this statement
            except asyncpg.InterfaceError:
                # The cancelled call has not come back yet; where the connection is closed the loop ends.
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            except FOREIGN as error:
                if isinstance(error, TimeoutError):
                    raise
                if not isinstance(error, asyncpg.InFailedSQLTransactionError):
                    self.abort()
            return

    async def reset(self) -> None:
        """Make the session as new."""
        try:
            async with asyncio.timeout(_RESET_SECONDS):
                if self.in_transaction:
                    await self.raw.execute("ROLLBACK")
                await self.raw.reset()
            self.altered = False
        except FOREIGN as error:
            self.abort()
            raise ConnectionLost("The connection could not be made as new after its use, so it was closed.") from error

    async def close(self) -> None:
        """Say goodbye and close."""
        try:
            await self.raw.close(timeout=_GOODBYE_SECONDS)
        except FOREIGN:
            self.abort()

    def abort(self) -> None:
        """Close at once; what still runs on the server is ended in the background."""
        self._ending.close(self.raw)

    async def _catch_up(self, sql: str | None) -> None:
        """Forget what other connections have found to be wrong."""
        if self._caches and not self._known.caches:
            self.abort()
            raise PreparedStatementsLost(_POOLED, statement=sql)
        self._version = self._known.version
        await self.raw.reload_schema_state()

    def _has_altered(self) -> None:
        # In a transaction the others would prepare the old tables once more before its COMMIT.
        self._altering = self.in_transaction
        self._known.changed()

    def _failure(self, error: Exception, sql: str | None) -> Exception:
        """The error to raise for one of asyncpg's, and what follows from it for this connection."""
        lost = self.lost
        if self._caches and isinstance(error, _NO_POOLER):
            self._known.keep_no_statements("A prepared statement has vanished")
            lost_statements = PreparedStatementsLost(_POOLED, statement=sql)
            lost_statements.__cause__ = error
            self.abort()
            return lost_statements
        failure = translated(error, sql, lost=lost)
        if is_outdated(error):
            self._known.changed()
        elif isinstance(error, asyncpg.InternalClientError) or isinstance(failure, ConnectionLost):
            self.abort()
        assert isinstance(failure, Exception)
        return failure


_POOLED = (
    "The prepared statement is not on the server any more: a pooler such as PgBouncer is in between. New connections "
    "keep none; the statement was not run."
)


def begin_sql(begin: Begin) -> str:
    """The BEGIN that starts such a transaction."""
    parts = ["BEGIN"]
    if begin.isolation is not None:
        parts.append(f"ISOLATION LEVEL {begin.isolation.upper()}")
    if begin.readonly:
        parts.append("READ ONLY")
    if begin.deferrable:
        parts.append("DEFERRABLE")
    return " ".join(parts)
