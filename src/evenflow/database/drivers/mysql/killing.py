"""Ends what cancelled statements left running on the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple

from evenflow.database.drivers.mysql.errors import code_of
from evenflow.database.telling import Telling

_SECONDS = 30.0
"""How long a kill is tried."""
_ATTEMPT_SECONDS = 5.0
_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_GOODBYE = 2.0
_MOST = 1000
_NO_SUCH_THREAD = 1094
_SETTLED = {_NO_SUCH_THREAD, 1095, 1227}
"""The server's last word on a kill: it has ended already, or this user may not."""
_log = logging.getLogger("evenflow.database")

IDENTITY = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)"
"""SQL that tells one server from another. Behind a proxy a new connection may lead elsewhere, where the same number
is somebody else's connection."""

_UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'"
"""A server that was started since counts its connections from 1 again."""


class _Doomed(NamedTuple):
    identity: str
    statement: str | None
    since: float


class Killer:
    """Kills connections by their number over a side connection; one such connection at a time.

    Both libraries close the connection of a cancelled call, but the server notices only when it wants to answer.
    Where the side connection cannot be had or breaks, another one is tried with growing pauses; what could not be
    killed within 30 s is told.
    """

    def __init__(self, connect: Callable[[], Awaitable[Any]], cursor: Callable[[Any], Any], telling: Telling) -> None:
        self._connect = connect
        self._cursor = cursor
        self._telling = telling
        self._doomed: dict[int, _Doomed] = {}
        self._task: asyncio.Task[None] | None = None

    def kill(self, number: int, identity: str, statement: str | None = None) -> None:
        """End the connection of this number on that server. Comes back at once."""
        if len(self._doomed) >= _MOST:
            self._telling.kills_lost({number: statement}, f"{_MOST} others are to be ended first")
            return
        self._doomed[number] = _Doomed(identity, statement, monotonic())
        if self._task is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._give_up(0.0, "no event loop runs any more")
            else:
                self._task = loop.create_task(self._work())

    async def done(self, seconds: float | None = None) -> None:
        """Wait until everything is killed or given up."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)

    async def finish(self) -> None:
        """Wait a moment for what is under way; what is left then is given up."""
        await self.done(_GOODBYE)
        if self._task is not None:
            self._task.cancel()
            await self.done(_GOODBYE)

    async def _work(self) -> None:
        failures = 0
        try:
            while self._doomed:
                left = len(self._doomed)
                reason = await self._attempt()
                failures = 0 if len(self._doomed) < left else failures + 1
                self._give_up(_SECONDS, reason)
                if self._doomed:
                    await asyncio.sleep(min(_PAUSE * 2**failures, _LONGEST_PAUSE))
        finally:
            self._task = None
            self._give_up(0.0, "the database was disconnected first")

    async def _attempt(self) -> str:
        """Kill what can be killed over one side connection; says why the rest could not."""
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                return await self._kill_all()
        except TimeoutError:
            return f"the side connection took longer than {_ATTEMPT_SECONDS:g} s"
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next connection may do better
            code = code_of(error)
            _log.debug("a side connection failed: %s %s", type(error).__name__, code)
            return f"the side connection failed ({f'error {code}' if code else type(error).__name__})"

    async def _kill_all(self) -> str:
        connection = await self._connect()
        try:
            cursor = self._cursor(connection)
            await cursor.execute(f"SELECT {IDENTITY}")
            (here,) = await cursor.fetchone()
            await cursor.execute(_UPTIME)
            uptime = int((await cursor.fetchone())[1])
            while number := next((number for number, doomed in self._doomed.items() if doomed.identity == here), None):
                if uptime >= monotonic() - self._doomed[number].since:
                    await self._kill(cursor, number)
                del self._doomed[number]  # or it has ended with the server that ran before this one
        finally:
            connection.close()
        return "a side connection leads to another server"

    async def _kill(self, cursor: Any, number: int) -> None:
        try:
            await cursor.execute(f"KILL {int(number)}")
        except Exception as error:
            code = code_of(error)
            if code not in _SETTLED:
                self._doomed[number] = self._doomed.pop(
                    number
                )  # the others first: it may be this one that breaks things
                raise
            if code != _NO_SUCH_THREAD:
                self._telling.kills_lost({number: self._doomed[number].statement}, f"the server refused, error {code}")

    def _give_up(self, patience: float, reason: str) -> None:
        """Tell of what has been tried for longer than `patience`."""
        latest = monotonic() - patience
        lost = {number: doomed.statement for number, doomed in self._doomed.items() if doomed.since <= latest}
        for number in lost:
            del self._doomed[number]
        if lost:
            self._telling.kills_lost(lost, reason)
