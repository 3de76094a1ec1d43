"""The outermost layer of an app: knows each request, and starts the watchdog on the loop that serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from evenflow.guard.watchdog.patrol import Patrol
from evenflow.observe.request import current

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """An ASGI app around another.

    The loop is watched from the end of the startup, or the first request, to the shutdown: what an app does before it
    serves keeps nobody waiting.
    """

    def __init__(self, app: ASGIApp, outermost: Any, patrol: Callable[[], Patrol], limit: float) -> None:
        self.app = app
        self._outermost = outermost
        self._patrol = patrol
        self._limit = limit
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or the lifespan."""
        # hot: bench_guard, once a request
        if scope["type"] == "lifespan":
            receive, send = self._around_lifespan(receive, send)
        elif asyncio.get_running_loop() is not self._loop:
            self._begin()
        token = current.set(scope)
        try:
            await self.app(scope, receive, send)
        finally:
            current.reset(token)

    def _around_lifespan(self, receive: Receive, send: Send) -> tuple[Receive, Send]:
        async def receiving() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._end()
            return message

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._begin()
            await send(message)

        return receiving, sending

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._patrol().watch(self._loop, self, self._outermost, self._limit)

    def _end(self) -> None:
        self._loop = None
        self._patrol().leave(asyncio.get_running_loop(), self)
