"""The driver's own connection, for what Evenflow does not offer: functions, backups, pragmas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from evenflow.database.scope import Level

T = TypeVar("T")


class RawConnection:
    """An async face for a connection that lives in a thread. For SQLite it is a `sqlite3.Connection`.

    `call()` does anything; the other methods are those of aiosqlite that programs use most.
    """

    def __init__(self, level: Level) -> None:
        self.level = level

    async def call(self, function: Callable[[Any], T]) -> T:
        """`function(connection)`, run where the connection lives."""
        session = await self.level.session()
        result: T = await session.call(function)
        return result

    async def execute(self, sql: str, values: Sequence[Any] = ()) -> RawCursor:
        """Run a statement as it stands, with the driver's own placeholders."""
        return RawCursor(self, await self.call(lambda connection: connection.execute(sql, values)))

    async def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> RawCursor:
        """Run a statement once for each set of values."""
        return RawCursor(self, await self.call(lambda connection: connection.executemany(sql, values)))

    async def execute_fetchall(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement, as the driver gives them."""
        return await self.call(lambda connection: list(connection.execute(sql, values)))

    async def cursor(self) -> RawCursor:
        """A cursor of the driver's."""
        return RawCursor(self, await self.call(lambda connection: connection.cursor()))


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
