"""A session on a database in memory, where everybody shares the one connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from evenflow.database.driver import Begin, Cursor, Executor, Session
from evenflow.database.holder import Holder
from evenflow.database.plan import Call, ManyCall


class SharedSession:
    """Statements go the common way; only a transaction has the connection for itself."""

    def __init__(self, driver: Executor, lend: Callable[[], Awaitable[Session]]) -> None:
        self._driver = driver
        self._lend = lend
        self._own: Session | None = None

    @property
    def _executor(self) -> Executor:
        return self._own or self._driver

    async def run(self, call: Call) -> Any:
        """One statement."""
        return await self._executor.run(call)

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments."""
        return await self._executor.run_many(call)

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """The rows of a statement."""
        return await self._executor.open_cursor(call, holder)

    async def begin(self, begin: Begin) -> None:
        """Take the connection and start a transaction."""
        own = await self._lend()
        try:
            await own.begin(begin)
        except BaseException:
            own.release()
            raise
        self._own = own

    async def commit(self) -> None:
        """Commit and let the others in."""
        try:
            await self._transaction.commit()
        finally:
            self.release()

    async def rollback(self) -> None:
        """Roll back and let the others in."""
        try:
            await self._transaction.rollback()
        finally:
            self.release()

    async def savepoint(self, name: str) -> None:
        """Mark a point to return to."""
        await self._transaction.savepoint(name)

    async def release_savepoint(self, name: str) -> None:
        """Forget the point, keep the work."""
        await self._transaction.release_savepoint(name)

    async def rollback_to(self, name: str) -> None:
        """Undo the work since the point."""
        await self._transaction.rollback_to(name)

    async def call(self, function: Callable[[Any], Any]) -> Any:
        """`function(connection)` in the connection's thread."""
        if self._own is not None:
            return await self._own.call(function)
        own = await self._lend()
        try:
            return await own.call(function)
        finally:
            own.release()

    def release(self) -> None:
        """Let the others in."""
        own, self._own = self._own, None
        if own is not None:
            own.release()

    @property
    def _transaction(self) -> Session:
        assert self._own is not None, "savepoints live in transactions"
        return self._own
