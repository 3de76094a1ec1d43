"""How a new connection is made and set up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import asyncpg

from evenflow.database.drivers.postgres.ending import Ending
from evenflow.database.drivers.postgres.known import Known
from evenflow.database.drivers.postgres.opening import FAILURES, cannot_open
from evenflow.database.drivers.postgres.settings import PostgresTarget
from evenflow.database.drivers.postgres.wire import PostgresWire

_AS_NEW = (
    "SET SESSION AUTHORIZATION DEFAULT",  # which ends a SET ROLE too
    "RESET ROLE",
    "DISCARD TEMP",
    "DISCARD SEQUENCES",
)
"""What makes a session as new, beyond asyncpg's own list. DISCARD ALL would forget the prepared statements."""


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """asyncpg's connection with a thorough `reset()`."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        """The statements that make the session as new."""
        return "\n".join((str(super().get_reset_query()), *(f"{sql};" for sql in _AS_NEW)))


async def connected(target: PostgresTarget, known: Known, ending: Ending) -> PostgresWire:
    """A new connection, set up as SQLAlchemy's types expect it. Raises CannotOpen."""
    try:
        raw = await _opened(target, known)
    except FAILURES as error:
        failure = cannot_open(error, target.place, target.arguments.get("database"), target.arguments.get("user"))
    else:
        return PostgresWire(raw, known, ending, caches=known.caches)
    raise failure


async def _opened(target: PostgresTarget, known: Known) -> Any:
    raw = await opened(target, known)
    try:
        if known.caches and not target.caches_asked and await is_pooled(raw):
            known.keep_no_statements(f"Connecting to {target.place}")
            raw.terminate()
            raw = await opened(target, known)
        await _set_codecs(raw)
        if target.init is not None:
            await target.init(raw)
    except BaseException:
        raw.terminate()
        raise
    return raw


async def opened(target: PostgresTarget, known: Known) -> Any:
    """A new connection of asyncpg's as the URL asks for it, and nothing set up."""
    arguments = target.arguments if known.caches else {**target.arguments, "statement_cache_size": 0}
    return await asyncpg.connect(connection_class=Connection, **arguments)


async def is_pooled(raw: Any) -> bool:
    """Whether the process that answers is not the one that was connected to.

    Behind a pooler a prepared statement may be missing on the next connection of the server or, worse, be another
    program's of the same name. So this is asked before the first one is prepared, as a plain text.
    """
    status = await raw.execute(f"SELECT 1 WHERE pg_catalog.pg_backend_pid() = {int(raw.get_server_pid())}")
    return bool(status == "SELECT 0")


async def _set_codecs(raw: Any) -> None:
    """JSON as SQLAlchemy's types send and expect it: text out, Python values in."""

    async def codec(name: str, encode: Callable[[Any], bytes], decode: Callable[[bytes], Any]) -> None:
        await raw.set_type_codec(name, encoder=encode, decoder=decode, schema="pg_catalog", format="binary")

    await codec("json", lambda value: _json(value), json.loads)
    # jsonb's binary form begins with the number of its version.
    await codec("jsonb", lambda value: b"\x01" + _json(value), lambda data: json.loads(data[1:]))


def _json(value: Any) -> bytes:
    # SQLAlchemy's types send text; a dict or a list can only be meant as itself.
    return (value if isinstance(value, str) else json.dumps(value)).encode()
