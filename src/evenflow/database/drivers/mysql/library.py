"""The part of a client library that a wire needs. asyncmy and aiomysql have it in common, nearly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import import_module
from math import isfinite
from typing import Any, Protocol

from evenflow.errors import ConfigError


class Library(Protocol):
    """One client library."""

    error: type[Exception]
    """The class of all its errors; `args` are (code, message)."""
    prepares: bool
    """Whether it can let the server prepare statements."""

    async def connect(self, arguments: Mapping[str, Any]) -> Any:
        """A new connection; raises the library's error or an OSError."""

    def cursors(self, connection: Any) -> Callable[[], Any]:
        """What makes cursors that read a result at once."""

    def streaming(self, connection: Any) -> Any:
        """A cursor that reads a result piece by piece."""

    def is_lost(self, connection: Any) -> bool:
        """Whether the connection is closed, by whichever side. Costs no round trip."""

    def literal(self, connection: Any, value: Any) -> str:
        """A value as it is written in SQL."""


def library_named(name: str) -> Library:
    """The library of this name. Raises ConfigError where it is not installed."""
    try:
        module = import_module(f"evenflow.database.drivers.mysql.by_{name}")
    except ModuleNotFoundError as error:
        advice = "pip install 'evenflow[mysql]'" if name == "asyncmy" else f"pip install {name}"
        raise ConfigError(f"MySQL needs {name}, which is not installed: {advice}.") from error
    library: Library = module.LIBRARY
    return library


def date_or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`convert`, but None for a date that there is not, such as 0000-00-00.

    Both libraries answer such a date as a str in the text protocol; asyncmy answers None in the binary one. A value
    must not depend on the way it came, nor be of a type that nobody expects.
    """

    def converted(value: Any) -> Any:
        made = convert(value)
        return None if isinstance(made, str | bytes) else made

    return converted


def written(library: Library, connection: Any, sql: str, args: Any) -> str:
    """The SQL with its arguments in it, fit for the text protocol."""
    return sql % tuple([literal(library, connection, value) for value in args])


def literal(library: Library, connection: Any, value: Any) -> str:
    """A value as it is written in SQL."""
    if isinstance(value, bytes | bytearray | memoryview):
        return in_hexadecimal(value)
    if isinstance(value, list | tuple):  # `IN :ids` in a text of SQL; PyMySQL has left that out of late
        return f"({', '.join([literal(library, connection, each) for each in value])})"
    if isinstance(value, float | Decimal) and not isfinite(value):
        raise ValueError("not a finite number")
    return library.literal(connection, value)


def in_hexadecimal(value: bytes | bytearray | memoryview) -> str:
    """Bytes as they are written in SQL; the libraries escape them with backslashes, whatever the sql_mode says."""
    return f"_binary X'{bytes(value).hex()}'"
