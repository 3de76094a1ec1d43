"""Rows one by one, read in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

from evenflow.database.driver import Cursor
from evenflow.errors import QueryTimeout

Opener = Callable[[], Awaitable[Cursor]]
T = TypeVar("T")


class RowStream(Generic[T]):
    """The rows of a result: `async for row in db.iterate(…)`.

    Leaving the loop early gives the connection back at once, when the stream is forgotten; `async with` or
    `aclose()` say it aloud. Other statements may run in the loop's body.
    """

    def __init__(self, opener: Opener, timeout: float | None, statement: str) -> None:
        self._opener = opener
        self._timeout = timeout
        self._statement = statement
        self._cursor: Cursor | None = None
        self._rows: Iterator[T] = iter(())
        self._over = False
        self._busy = False

    def __aiter__(self) -> RowStream[T]:
        return self

    async def __anext__(self) -> T:
        for row in self._rows:
            return row
        if not self._over:
            self._rows = iter(await self._piece())
            for row in self._rows:
                return row
        await self.aclose()
        raise StopAsyncIteration

    async def _piece(self) -> list[T]:
        if self._busy:
            raise RuntimeError("two tasks ask one iterate() for rows at once; give each its own, or read in one task")
        self._busy = True
        try:
            async with asyncio.timeout(self._timeout):
                if self._cursor is None:
                    self._cursor = await self._opener()
                return await self._cursor.fetch()
        except TimeoutError as error:
            self._release()
            if isinstance(error, QueryTimeout) or type(error) is not TimeoutError:
                raise
            raise QueryTimeout(f"No rows came within timeout={self._timeout:g} s.", statement=self._statement) from None
        except BaseException:
            self._release()
            raise
        finally:
            self._busy = False

    async def aclose(self) -> None:
        """Close the result and give its connection back."""
        self._release()

    def _release(self) -> None:
        self._over = True
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.release()

    async def __aenter__(self) -> RowStream[T]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._release()

    def __del__(self) -> None:
        if self._cursor is not None:
            self._release()
