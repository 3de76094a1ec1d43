"""Ends what cancelled statements left running on the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

_SECONDS = 2.0
_log = logging.getLogger("evenflow.database")

IDENTITY = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)"
"""SQL that tells one server from another. Behind a proxy a new connection may lead elsewhere, where the same number
is somebody else's connection."""


class Killer:
    """Kills connections by their number over a side connection; one such connection at a time, 2 s at most.

    Both libraries close the connection of a cancelled call, but the server notices only when it wants to answer.
    """

    def __init__(self, connect: Callable[[], Awaitable[Any]], cursor: Callable[[Any], Any]) -> None:
        self._connect = connect
        self._cursor = cursor
        self._doomed: dict[int, str] = {}
        self._task: asyncio.Task[None] | None = None

    def kill(self, number: int, identity: str) -> None:
        """End the connection of this number on that server. Comes back at once; what fails is forgotten."""
        if len(self._doomed) >= 1000:
            return  # a server that cannot keep up with kills gets no more of them
        self._doomed[number] = identity
        if self._task is None:
            with suppress(RuntimeError):  # no loop runs any more: then nothing can be sent
                self._task = asyncio.get_running_loop().create_task(self._work())

    async def done(self) -> None:
        """Wait until the side connection has done its work."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                await self._kill_all()
        except Exception as error:  # noqa: BLE001 -- the statements end by themselves, later
            _log.debug("cancelled statements could not be ended on the server: %s", type(error).__name__)
        finally:
            self._doomed.clear()
            self._task = None

    async def _kill_all(self) -> None:
        connection = await self._connect()
        try:
            cursor = self._cursor(connection)
            await cursor.execute(f"SELECT {IDENTITY}")
            (here,) = await cursor.fetchone()
            while self._doomed:
                number, identity = self._doomed.popitem()
                if identity == here:
                    with suppress(Exception):  # it has ended in the meantime
                        await cursor.execute(f"KILL {int(number)}")
        finally:
            connection.close()
