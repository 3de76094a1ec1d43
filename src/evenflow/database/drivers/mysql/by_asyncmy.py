"""asyncmy, as a wire needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import ref

import asyncmy
import asyncmy.connection
from asyncmy import converters
from asyncmy.constants import CLIENT, FIELD_TYPE
from asyncmy.cursors import SSCursor
from asyncmy.errors import MySQLError

from evenflow.database.drivers.mysql.library import date_or_none, in_hexadecimal

_DATES = (FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
_CONVERSIONS = {
    **converters.conversions,
    **{kind: date_or_none(converters.conversions[kind]) for kind in _DATES if kind in converters.conversions},
}


class Asyncmy:
    """asyncmy: statements are prepared on the server and results come in binary, where that can be."""

    error: type[Exception] = MySQLError
    prepares = True

    async def connect(self, arguments: Mapping[str, Any]) -> Any:
        """A new connection."""
        wanted = dict(arguments)
        wanted["password"] = (wanted.get("password") or "").encode()
        wanted["database"] = wanted.pop("db")
        connection: Any = await asyncmy.connect(
            **wanted, autocommit=True, client_flag=CLIENT.FOUND_ROWS, conv=_CONVERSIONS
        )
        # asyncmy asks for the warnings of a statement and logs them, with values of the statement in them.
        connection.show_warnings = _no_warnings
        # asyncmy writes a statement that cannot be prepared by itself, bytes with backslashes whatever the sql_mode.
        connection.literal = partial(_literal, ref(connection))
        return connection

    def cursors(self, connection: Any) -> Callable[[], Any]:
        """What makes cursors that read a result at once."""
        new: Callable[[], Any] = connection.cursor
        return new

    def streaming(self, connection: Any) -> Any:
        """A cursor that reads a result piece by piece."""
        return connection.cursor(SSCursor)

    def is_lost(self, connection: Any) -> bool:
        """Whether the connection is closed, by whichever side."""
        try:
            lost: bool = connection._stream_broken
        except AttributeError:  # asyncmy before 0.2.13, or after a change: it shows at the next statement
            lost = not connection.connected
        return lost

    def literal(self, connection: Any, value: Any) -> str:
        """A value as it is written in SQL."""
        text: str = connection.literal(value)
        return text


def _literal(connection: ref[Any], value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return in_hexadecimal(value)
    write: Any = asyncmy.connection.Connection.literal
    text: str = write(connection(), value)
    return text


async def _no_warnings() -> None:
    return None


LIBRARY = Asyncmy()
