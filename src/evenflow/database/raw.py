"""The driver's own connection, for what Evenflow does not offer: functions, backups, pragmas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from typing import Any, TypeVar, overload

from evenflow.database.scope import Level

T = TypeVar("T")


class RawConnection:
    """A face for the driver's own connection: one of sqlite3 in its thread, or one of asyncpg, asyncmy or aiomysql.

    `call()` does anything. Beyond it a server's connection has all methods of its driver, to be awaited, and SQLite's
    those of aiosqlite that programs use most.
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

    def __getattr__(self, name: str) -> Callable[..., RawCall]:
        """A method of the driver's connection."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **options: RawCall(self, lambda raw: getattr(raw, name)(*args, **options))


class RawCall:
    """A method of the driver's, called: to be awaited, or entered with `async with` where the driver's can be."""

    def __init__(self, connection: RawConnection, function: Callable[[Any], Any]) -> None:
        self._connection = connection
        self._function = function
        self._entered: Any = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._connection.call(self._function).__await__()

    async def __aenter__(self) -> Any:
        self._entered = await self
        return await self._entered.__aenter__()

    async def __aexit__(self, *exception: object) -> Any:
        return await self._entered.__aexit__(*exception)


class RawSqliteConnection(RawConnection):
    """SQLite's, with the methods of aiosqlite."""

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


def raw_connection(level: Level) -> RawConnection:
    """The face that fits the level's driver."""
    return (RawSqliteConnection if level.scope.driver.dialect.name == "sqlite" else RawConnection)(level)


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
