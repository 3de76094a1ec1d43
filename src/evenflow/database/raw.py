"""The driver's own connection, for what Evenflow does not offer: functions, backups, pragmas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar, overload

from evenflow.database.scope import Level
from evenflow.errors import QueryError

T = TypeVar("T")


class RawConnection:
    """A face for the driver's own connection: a `sqlite3.Connection` in its thread, or one of asyncpg or asyncmy.

    `call()` does anything. The other methods are for SQLite only: those of aiosqlite that programs use most.
    """

    def __init__(self, level: Level) -> None:
        self.level = level

    @overload
    async def call(self, function: Callable[[Any], Awaitable[T]]) -> T: ...

    @overload
    async def call(self, function: Callable[[Any], T]) -> T: ...

    async def call(self, function: Callable[[Any], Any]) -> Any:
        """`function(connection)`, run where the connection lives.

        On a server what it returns is awaited where that can be done: `call(lambda asyncpg: asyncpg.fetchval(…))`.
        """
        session = await self.level.session()
        return await session.call(function)

    async def execute(self, sql: str, values: Sequence[Any] = ()) -> RawCursor:
        """Run a statement as it stands, with the driver's own placeholders."""
        return RawCursor(self, await self._on_sqlite("execute", lambda connection: connection.execute(sql, values)))

    async def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> RawCursor:
        """Run a statement once for each set of values."""
        return RawCursor(
            self, await self._on_sqlite("executemany", lambda connection: connection.executemany(sql, values))
        )

    async def execute_fetchall(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement, as the driver gives them."""
        rows: list[Any] = await self._on_sqlite(
            "execute_fetchall", lambda connection: list(connection.execute(sql, values))
        )
        return rows

    async def cursor(self) -> RawCursor:
        """A cursor of the driver's."""
        return RawCursor(self, await self._on_sqlite("cursor", lambda connection: connection.cursor()))

    async def _on_sqlite(self, name: str, function: Callable[[Any], Any]) -> Any:
        spoken = self.level.scope.driver.dialect.name
        if spoken != "sqlite":
            raise QueryError(
                f"raw_connection.{name}() is there for SQLite only; with {spoken} use raw_connection.call(function), "
                "which gives the driver's own connection to the function and awaits what it returns."
            )
        return await self.call(function)


class RawCursor:
    """An async face for a cursor that lives in a thread."""

    def __init__(self, connection: RawConnection, cursor: Any) -> None:
        self._connection = connection
        self._cursor = cursor

    async def execute(self, sql: str, values: Sequence[Any] = ()) -> RawCursor:
        """Run a statement."""
        await self._connection.call(lambda _: self._cursor.execute(sql, values))
        return self

    async def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> RawCursor:
        """Run a statement once for each set of values."""
        await self._connection.call(lambda _: self._cursor.executemany(sql, values))
        return self

    async def fetchone(self) -> Any:
        """The next row or None."""
        return await self._connection.call(lambda _: self._cursor.fetchone())

    async def fetchall(self) -> list[Any]:
        """All remaining rows."""
        return await self._connection.call(lambda _: list(self._cursor.fetchall()))

    async def close(self) -> None:
        """Close the cursor."""
        await self._connection.call(lambda _: self._cursor.close())

    async def __aenter__(self) -> RawCursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def lastrowid(self) -> Any:
        """The last inserted row's id."""
        return self._cursor.lastrowid

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""
        return int(self._cursor.rowcount)
