"""aiomysql, as a wire needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import aiomysql
from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.converters import decoders
from pymysql.err import MySQLError

from evenflow.database.drivers.mysql.library import date_or_none

_DATES = (FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
_CONVERSIONS = {**decoders, **{kind: date_or_none(decoders[kind]) for kind in _DATES if kind in decoders}}


class _QuietCursor(aiomysql.Cursor):  # type: ignore[misc] # aiomysql has no types
    async def _show_warnings(self, _: Any) -> None:
        """Warnings hold values of the statement, and asking for them costs a round trip."""


class _QuietStream(aiomysql.SSCursor):  # type: ignore[misc] # aiomysql has no types
    async def _show_warnings(self, _: Any) -> None:
        """As above."""


class Aiomysql:
    """aiomysql: pure Python, and everything goes as text."""

    error: type[Exception] = MySQLError
    prepares = False

    async def connect(self, arguments: Mapping[str, Any]) -> Any:
        """A new connection."""
        wanted = {name: value for name, value in arguments.items() if name != "stmt_cache_size"}
        wanted["password"] = wanted.get("password") or ""
        return await aiomysql.connect(
            **wanted, autocommit=True, client_flag=CLIENT.FOUND_ROWS, conv=_CONVERSIONS, cursorclass=_QuietCursor
        )

    def cursors(self, connection: Any) -> Callable[[], Any]:
        """What makes cursors that read a result at once."""
        return partial(_QuietCursor, connection)

    def streaming(self, connection: Any) -> Any:
        """A cursor that reads a result piece by piece."""
        return _QuietStream(connection)

    def is_lost(self, connection: Any) -> bool:
        """Whether the connection is closed, by whichever side."""
        if connection.closed:
            return True
        reader = connection._reader
        return bool(reader.at_eof() or reader.exception() is not None)

    def literal(self, connection: Any, value: Any) -> str:
        """A value as it is written in SQL."""
        text: str = connection.escape(value)
        return text


LIBRARY = Aiomysql()
