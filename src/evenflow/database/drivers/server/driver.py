"""A database server behind the driver port: a pool of connections, and what becomes of one after each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from time import perf_counter
from typing import Any

from evenflow import observe
from evenflow.database.driver import Begin, Cursor, DatabaseStatistics, Mode, Session
from evenflow.database.drivers.server.pool import Pool, said
from evenflow.database.drivers.server.session import Counts, ServerSession, SessionCursor, run_many
from evenflow.database.drivers.server.wire import Server, Wire
from evenflow.database.holder import Holder
from evenflow.database.plan import Call, Kind, ManyCall
from evenflow.errors import ConnectionLost, DatabaseError, NotConnected

_MENDING_SECONDS = 5.0


class ServerDriver:
    """One database on one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._telling = server.telling
        self.dialect = server.dialect
        self.tables = server.tables
        self.ddl_commits = server.ddl_commits
        self.listen = server.listen
        self.patience = server.settings.pool_timeout
        self._reset = server.settings.reset
        self._connected: Pool | None = None
        self._holders: dict[object, Holder] = {}
        self._counts = Counts()
        self._retried = 0
        self.taught = False

    async def open(self) -> None:
        """Connect once, to see that it can be done and to learn what the server is."""
        pool = Pool(self._server, self._explain, lambda: list(self._holders.values()))
        try:
            self.taught = await pool.open()
        except BaseException:
            await pool.close()
            raise
        self._connected = pool

    async def close(self) -> None:
        """Close all connections."""
        if self._connected is not None:
            await self._connected.close()

    async def run(self, call: Call) -> Any:
        """A statement by itself, on any connection.

        One that did nothing because its connection was lost, and a read that may be repeated, is tried once more.
        """
        # hot: bench_postgres pays for the few steps here
        pool = self._pool
        wire = pool.take_idle() or await pool.take(call.sql)
        kind = call.plan.kind
        if kind is Kind.READ:
            self._counts.reads += 1
        else:
            self._counts.writes += 1
        started = perf_counter()
        try:
            result = await wire.run(call)
        except ConnectionLost as error:
            pool.discard(wire, reason := said(error))
            if not error.not_run and not (kind is Kind.READ and call.plan.plain):
                raise
        except BaseException as error:
            self._after(wire, error)
            raise
        else:
            if kind is not Kind.READ:
                self._counts.commits += 1
            self._back(wire)
            return result
        finally:
            if (seconds := perf_counter() - started) > self._telling.slow:
                self._telling.slow_query(call.sql, seconds)
        self._retried += 1
        if observe.listening:
            self._telling.retried(call.sql, reason)
        return await self._on_a_wire(lambda wire: wire.run(call), call.sql)

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments: all of them, or none."""
        self._counts.writes += 1
        result = await self._on_a_wire(lambda wire: run_many(wire, call), call.sql)
        self._counts.commits += 1
        return result

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """A result on a connection of its own."""
        self._counts.reads += 1
        session = await self._session(holder, call.sql)
        try:
            if session.wire.interleaves:
                await session.begin(Begin(readonly=True))
            cursor = await session.work(lambda wire: wire.open_cursor(call), call.sql)
        except BaseException:
            session.release()
            raise
        return SessionCursor(session, cursor, call.sql, owns_session=True)

    async def lend(self, mode: Mode, holder: Holder) -> Session:
        """A connection for one scope."""
        return await self._session(holder, None)

    def statistics(self) -> DatabaseStatistics:
        """The state of now."""
        pool = self._connected
        return DatabaseStatistics(
            connections=len(pool) if pool else 0,
            lent=len(self._holders),
            waiting=pool.waiting if pool else 0,
            reads=self._counts.reads,
            writes=self._counts.writes,
            commits=self._counts.commits,
            waited=pool.waited if pool else 0,
            exhausted=pool.exhausted if pool else 0,
            discarded=pool.discarded if pool else 0,
            retried=self._retried,
            holders=tuple(map(str, self._holders.values())),
        )

    @property
    def _pool(self) -> Pool:
        if self._connected is None:
            raise NotConnected("The database is not connected.")
        return self._connected

    async def _session(self, holder: Holder, statement: str | None) -> ServerSession:
        wire = await self._pool.take(statement)
        self._holders[wire] = holder

        def given_back(returned: Wire) -> None:
            self._holders.pop(returned, None)
            self._pool.in_loop(self._back, returned)

        def unsure(returned: Wire, turn: asyncio.Lock) -> None:
            self._holders.pop(returned, None)
            self._pool.in_loop(self._pool.look_after, returned, partial(self._mended_after, turn))

        return ServerSession(wire, given_back, unsure, self._counts, self._telling)

    async def _on_a_wire(self, work: Callable[[Wire], Coroutine[Any, Any, Any]], statement: str) -> Any:
        wire = await self._pool.take(statement)
        started = perf_counter()
        try:
            result = await work(wire)
        except BaseException as error:
            self._after(wire, error)
            raise
        finally:
            if (seconds := perf_counter() - started) > self._telling.slow:
                self._telling.slow_query(statement, seconds)
        self._back(wire)
        return result

    def _back(self, wire: Wire) -> None:
        """The call went well."""
        if self._must_reset(wire):
            self._pool.look_after(wire, self._renewed)
        else:
            self._pool.give_back(wire)

    def _must_reset(self, wire: Wire) -> bool:
        return self._reset == "always" or (wire.altered and self._reset == "auto")

    def _after(self, wire: Wire, error: BaseException) -> None:
        """The call went wrong: what the server has answered leaves the connection as it was, nothing else does."""
        if isinstance(error, ConnectionLost) or wire.lost:
            self._pool.discard(wire, said(error))
        elif isinstance(error, DatabaseError) and not wire.in_transaction:
            self._back(wire)
        else:
            self._pool.look_after(wire, self._mended)

    async def _mended_after(self, turn: asyncio.Lock, wire: Wire) -> None:
        """`_mended`, once a statement that a task left behind still runs there has ended."""
        try:
            async with asyncio.timeout(_MENDING_SECONDS), turn:
                pass
        except TimeoutError:
            raise ConnectionLost("A statement outlived its block; its connection was closed.") from None
        await self._mended(wire)

    async def _mended(self, wire: Wire) -> None:
        """Make sure that nothing runs on it, no transaction is open and the session is as new."""
        async with asyncio.timeout(_MENDING_SECONDS):
            await wire.recover()
            # Only now: while a cancelled BEGIN is on its way the connection looks as if there were no transaction.
            if wire.in_transaction:
                await wire.command("ROLLBACK")
            if self._must_reset(wire):
                await self._renewed(wire)

    async def _renewed(self, wire: Wire) -> None:
        """Make the session as new."""
        async with asyncio.timeout(_MENDING_SECONDS):
            await wire.reset()
        if wire.lost:
            raise ConnectionLost("Its session had been changed, and the driver cannot make it as new.")
        wire.altered = False

    def _explain(self) -> str:
        waiting = self._connected.waiting if self._connected else 0
        held = "; ".join(map(str, self._holders.values()))
        size = (
            f"{len(self._connected) if self._connected else 0} of {self._server.settings.max_size} connections are open"
        )
        return f"{waiting} are waiting; {size}. " + (f"Held: {held}." if held else "Nobody holds one for long.")
