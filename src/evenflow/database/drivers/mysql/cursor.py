"""A result that comes piece by piece. The connection can do nothing else until it has been read to its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from evenflow.database.plan import Call
from evenflow.errors import DatabaseError

if TYPE_CHECKING:
    from evenflow.database.drivers.mysql.wire import MysqlWire

_REST_ROWS = 1000
_REST_SECONDS = 0.1


class MysqlCursor:
    """An open result of a wire."""

    def __init__(self, wire: MysqlWire, cursor: Any, call: Call, *, altered: bool) -> None:
        self._wire = wire
        self._cursor = cursor
        self._call = call
        self.altered = altered
        """Whether the session is changed, apart from this open result."""
        self._at_end = False

    async def fetch(self, size: int) -> list[Any]:
        """At most `size` further rows; fewer only at the end."""
        rows = await self._rows(size)
        call = self._call
        return call.plan.maker(self._cursor.description, call.into).all(rows) if rows else []

    async def close(self) -> None:
        """Read what is left where that is little; else the connection is given up, for MySQL sends all of it."""
        with suppress(TimeoutError, DatabaseError):
            async with asyncio.timeout(_REST_SECONDS):
                await self._rows(_REST_ROWS)
        if not self._at_end:
            self._wire.abort()

    async def _rows(self, size: int) -> list[Any]:
        if self._at_end:
            return []
        rows: list[Any] = await self._wire.read(self._cursor, size, self._call.sql)
        self._at_end = len(rows) < size
        return rows
