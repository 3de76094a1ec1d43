"""Ends what runs on a connection that is closed: the only place that uses private names of asyncpg's.

asyncpg cancels a statement on the server where the task that awaits it is cancelled, but not where the connection
is closed: PostgreSQL notices that only when it wants to answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asyncpg import connect_utils

from evenflow.database.telling import Telling

_SECONDS = 2.0
_PAUSE = 0.1
_MOST = 100


class Ending:
    """Sends cancel requests for closed connections, in the background. What cannot be sent within 2 s is told."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self, raw: Any) -> None:
        """Close a connection of asyncpg's at once, and have what runs on it ended."""
        if raw.is_closed():
            raw.terminate()
            return
        process = raw.get_server_pid()
        request = _request(raw)  # while it is open: closed, it has forgotten its key
        raw.terminate()
        if request is None:
            self._telling.kills_lost({process: None}, "this version of asyncpg is not known to Evenflow")
        elif len(self._tasks) >= _MOST:
            self._telling.kills_lost({process: None}, f"{_MOST} others are to be ended first")
        else:
            self._start(process, request)

    async def finish(self) -> None:
        """Wait a moment for the requests that are under way."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_SECONDS)

    def _start(self, process: int, request: Callable[[], Awaitable[None]]) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._telling.kills_lost({process: None}, "no event loop runs any more")
            return
        task = loop.create_task(self._ended(process, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ended(self, process: int, request: Callable[[], Awaitable[None]]) -> None:
        reason = "the program ended first"
        try:
            async with asyncio.timeout(_SECONDS):
                while True:
                    try:
                        await request()
                    except ConnectionResetError:
                        break  # how some servers answer
                    except Exception as error:  # noqa: BLE001 -- whatever it is, the next try may do better
                        reason = f"the cancel request failed ({type(error).__name__})"
                        await asyncio.sleep(_PAUSE)
                    else:
                        break
        except BaseException as error:
            if isinstance(error, TimeoutError) and reason.startswith("the program"):
                reason = f"the server did not take the cancel request within {_SECONDS:g} s"
            self._telling.kills_lost({process: None}, reason)
            if not isinstance(error, TimeoutError):
                raise


def _request(raw: Any) -> Callable[[], Awaitable[None]] | None:
    """What asks the server to end what runs on this connection, even when it is closed."""
    try:
        return partial(
            connect_utils._cancel,
            loop=asyncio.get_running_loop(),
            addr=raw._addr,
            params=raw._params,
            backend_pid=raw._protocol.backend_pid,
            backend_secret=raw._protocol.backend_secret,
        )
    except (AttributeError, RuntimeError):
        return None
