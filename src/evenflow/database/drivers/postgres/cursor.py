"""An open result: a portal of the server's, read piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evenflow.database.drivers.postgres.errors import FOREIGN
from evenflow.database.drivers.postgres.known import columns_of
from evenflow.database.plan import Call, RowMaker

_CLOSE = "_close_portal"
"""asyncpg has no public way to close a portal. Where this one is gone, a portal lives as long as its transaction."""


class PostgresCursor:
    """The rows of a statement, while other statements run in the same transaction."""

    def __init__(self, cursor: Any, call: Call, maker: RowMaker | None, fail: Callable[[Any, str], Exception]) -> None:
        self._cursor = cursor
        self._call = call
        self._maker = maker
        self._fail = fail

    async def fetch(self, size: int) -> list[Any]:
        """At most `size` further rows; fewer only at the end."""
        if self._cursor is None or self._maker is None:
            return []
        try:
            records = await self._cursor.fetch(size)
        except FOREIGN as error:
            failure = self._fail(error, self._call.sql)
        else:
            return self._maker.all(records) if records else []
        raise failure

    async def close(self) -> None:
        """Close the portal."""
        cursor, self._cursor = self._cursor, None
        close = getattr(cursor, _CLOSE, None)
        if close is None:
            return
        try:
            await close(None)
            return
        except FOREIGN as error:
            failure = self._fail(error, self._call.sql)
        raise failure


async def opened(raw: Any, call: Call, fail: Callable[[Any, str], Exception]) -> PostgresCursor:
    """Open the result of a statement. A transaction is open."""
    statement = await raw.prepare(call.sql, name="")
    columns = columns_of(statement)
    cursor = await statement.cursor(*call.args)
    return PostgresCursor(cursor, call, call.plan.maker(columns, call.into) if columns else None, fail)
