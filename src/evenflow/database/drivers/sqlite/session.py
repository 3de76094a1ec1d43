"""A lent connection: statements one after another on one thread, with transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Any

from evenflow.database.driver import Begin, Cursor
from evenflow.database.drivers.sqlite import work
from evenflow.database.drivers.sqlite.backlog import Backlog
from evenflow.database.drivers.sqlite.ticket import Item, Ticket
from evenflow.database.holder import Holder
from evenflow.database.plan import Call, Kind, ManyCall
from evenflow.errors import TransactionClosed

PIECE = 256
"""Rows an `iterate()` fetches at a time."""


class LaneSession:
    """A session on a thread that serves `queue` for us alone, until `give_back` is called."""

    def __init__(
        self,
        queue: SimpleQueue[Item],
        interrupt: Callable[[Ticket], bool],
        backlog: Backlog,
        give_back: Callable[[], None],
        *,
        begin: str,
    ) -> None:
        self._queue = queue
        self._interrupt = interrupt
        self._backlog = backlog
        self._give_back: Callable[[], None] | None = give_back
        self._begin = begin
        self._begun = False

    async def run(self, call: Call) -> Any:
        """One statement."""
        return await self._do(self._guarded(work.run_call), call)

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments."""
        return await self._do(self._guarded(work.run_many), call)

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """The rows of a statement, piece by piece; other statements may run in between."""
        return SessionCursor(self, work.Open(call, PIECE))

    async def begin(self, begin: Begin) -> None:
        """Start a transaction. SQLite's are serializable, whatever weaker isolation was asked for."""
        await self._do(work.begin, self._begin)
        self._begun = True

    async def commit(self) -> None:
        """Commit, or roll back and say why."""
        self._begun = False
        await self._do(work.commit, None)

    async def rollback(self) -> None:
        """Roll back."""
        self._begun = False
        await self._do(work.rollback, None)

    async def savepoint(self, name: str) -> None:
        """Mark a point to return to."""
        await self._do(work.inside(work.run_sql), f"SAVEPOINT {name}")

    async def release_savepoint(self, name: str) -> None:
        """Forget the point, keep the work."""
        await self._do(work.inside(work.run_sql), f"RELEASE {name}")

    async def rollback_to(self, name: str) -> None:
        """Undo the work since the point."""
        await self._do(work.rollback_to, name)

    async def call(self, function: Callable[[sqlite3.Connection], Any]) -> Any:
        """`function(connection)` in the connection's thread."""
        return await self._do(lambda connection, _: function(connection), None)

    def release(self) -> None:
        """Give the connection back."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    def _guarded(self, act: work.Act) -> work.Act:
        return work.inside(act) if self._begun else act

    async def _do(self, act: work.Act, matter: Any) -> Any:
        if self._give_back is None:
            raise TransactionClosed(
                "The connection this belonged to has been given back: its transaction or connection() has ended.",
                statement=getattr(matter, "sql", None),
            )
        ticket = Ticket(act, matter)
        return await self._backlog.outcome(ticket, self._queue.put, self._interrupt)

    def _forget(self, opened: work.Open) -> None:
        if self._give_back is not None:
            self._queue.put(opened)


class SessionCursor:
    """An open result on a session."""

    def __init__(self, session: LaneSession, opened: work.Open, *, owns_session: bool = False) -> None:
        self._session = session
        self._opened = opened
        self._owns_session = owns_session
        self._over = False

    async def fetch(self) -> list[Any]:
        """The next rows."""
        if self._over:
            return []
        rows: list[Any] = await self._session._do(self._session._guarded(work.fetch_piece), self._opened)
        if len(rows) < self._opened.size:
            self._over = True
            self.release()
        return rows

    def release(self) -> None:
        """Close the result, and give the connection back if it was lent for it."""
        if not self._over:
            self._over = True
            self._session._forget(self._opened)
        if self._owns_session:
            self._session.release()


class PrivateSession(LaneSession):
    """A connection of one's own. Its writes take their turn with the writer's, so they never meet a lock."""

    def __init__(
        self,
        queue: SimpleQueue[Item],
        interrupt: Callable[[Ticket], bool],
        backlog: Backlog,
        give_back: Callable[[], None],
        take_turn: Callable[[], Awaitable[Callable[[], None]]],
    ) -> None:
        super().__init__(queue, interrupt, backlog, give_back, begin="BEGIN IMMEDIATE")
        self._take_turn = take_turn
        self._turn_over: Callable[[], None] | None = None

    async def run(self, call: Call) -> Any:
        """One statement, on its turn if it writes."""
        if call.plan.kind is Kind.READ:
            return await super().run(call)
        async with self._turn():
            return await super().run(call)

    async def run_many(self, call: ManyCall) -> Any:
        """Many sets of arguments, on their turn."""
        async with self._turn():
            return await super().run_many(call)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._turn_over is not None:  # the transaction's own
            yield
            return
        turn_over = await self._take_turn()
        try:
            yield
        finally:
            turn_over()

    async def begin(self, begin: Begin) -> None:
        """Start a transaction: the turn lasts to its end."""
        self._turn_over = await self._take_turn()
        try:
            await super().begin(begin)
        except BaseException:
            self._end_turn()
            raise

    async def commit(self) -> None:
        """Commit."""
        try:
            await super().commit()
        finally:
            self._end_turn()

    async def rollback(self) -> None:
        """Roll back."""
        try:
            await super().rollback()
        finally:
            self._end_turn()

    def release(self) -> None:
        """Give the connection back."""
        super().release()
        self._end_turn()

    def _end_turn(self) -> None:
        turn_over, self._turn_over = self._turn_over, None
        if turn_over is not None:
            turn_over()
