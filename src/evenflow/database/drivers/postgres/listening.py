"""A connection that listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from evenflow.database.drivers.postgres.connecting import is_pooled, opened
from evenflow.database.drivers.postgres.errors import FOREIGN
from evenflow.database.drivers.postgres.known import Known
from evenflow.database.drivers.postgres.opening import FAILURES, CannotOpenNow, cannot_open
from evenflow.database.drivers.postgres.settings import PostgresTarget
from evenflow.errors import CannotOpen, EvenflowError

_ANSWER_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0


class PostgresListening:
    """One connection of asyncpg's, outside of every pool."""

    def __init__(self, raw: Any, lost: Callable[[], None]) -> None:
        self._raw = raw
        self._lost: Callable[[], None] | None = lost
        raw.add_termination_listener(self._terminated)

    async def listen(self, channel: str, heard: Callable[[str, str, int], None]) -> None:
        """Hear what is sent to `channel`."""
        await self._raw.add_listener(channel, lambda _, pid, name, payload: heard(name, payload, pid))

    async def answers(self) -> bool:
        """Whether the server still answers: a network can break without a word."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._raw.execute("SELECT")
        except FOREIGN:
            return False
        return True

    async def close(self) -> None:
        """Say goodbye and close."""
        self._lost = None
        try:
            await self._raw.close(timeout=_GOODBYE_SECONDS)
        except FOREIGN:
            self._raw.terminate()

    def abort(self) -> None:
        """Close at once."""
        self._lost = None
        self._raw.terminate()

    def _terminated(self, _: Any) -> None:
        if self._lost is not None:
            self._lost()


async def listening(
    target: PostgresTarget,
    known: Known,
    channels: Sequence[str],
    heard: Callable[[str, str, int], None],
    lost: Callable[[], None],
) -> PostgresListening:
    """A new connection that listens to `channels`. Raises CannotOpen."""
    raw = None
    try:
        raw = await _opened(target, known)
        if not await is_pooled(raw):
            made = PostgresListening(raw, lost)
            for channel in channels:
                await made.listen(channel, heard)
            return made
        failure: EvenflowError = CannotOpen(_POOLED.format(place=target.place))
    except FAILURES as error:
        if raw is not None and raw.is_closed():
            failure = CannotOpenNow(f"PostgreSQL at {target.place} has closed the connection at once.")
        else:
            failure = cannot_open(error, target.place, target.arguments.get("database"), target.arguments.get("user"))
    except BaseException:
        if raw is not None:
            raw.terminate()
        raise
    if raw is not None:
        raw.terminate()
    raise failure


async def _opened(target: PostgresTarget, known: Known) -> Any:
    """As `opened`; where that is cancelled it goes on, and what comes of it is closed.

    asyncpg leaves an error behind that nobody hears where connecting is broken off while it asks for TLS.
    """
    opening = asyncio.ensure_future(opened(target, known))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise


def _close(opening: asyncio.Future[Any]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().terminate()


_POOLED = (
    "listen() needs a connection of its own to PostgreSQL, and at {place} a pooler such as PgBouncer answers, which "
    "may lend it to others between two statements. Listen with a second Database whose URL leads to the server itself; "
    "notify() works through a pooler."
)
