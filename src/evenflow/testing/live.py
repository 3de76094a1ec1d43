"""`live_client`: a real server on a free port of this machine, and httpx connected to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from uvicorn import Config, Server

from evenflow.testing.client import Served, httpx_library, overrides_restored
from evenflow.testing.lifespan import running

if TYPE_CHECKING:
    import httpx

_GRACE = 5
"""Seconds that requests have to end in when the server stops."""


@asynccontextmanager
async def open_live_client(app: Any, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """An httpx.AsyncClient connected to uvicorn, which serves `app` on a free port of 127.0.0.1 in the running loop.

    `client.base_url` says where. The app's lifespan is run around it; like any server, it leaves mounted apps to the
    app. `options` are AsyncClient's. Raises ConfigError where httpx is missing.
    """
    library = httpx_library()
    async with running(app) as state, _serving(Served(app, state, own_task=False)) as url:
        # No proxy of the environment comes in between; no limit hides what the app does; there is no TLS to verify.
        given = {
            "base_url": url,
            "trust_env": False,
            "verify": False,
            "limits": library.Limits(max_connections=None, max_keepalive_connections=20),
            **options,
        }
        async with library.AsyncClient(**given) as client:
            yield client


async def made(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The fixture."""
    with overrides_restored(app):
        async with open_live_client(app) as client:
            yield client


@asynccontextmanager
async def _serving(app: Any) -> AsyncIterator[str]:
    config = Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE, proxy_headers=False
    )
    server = _QuietServer(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="server")
        try:
            await asyncio.wait([serving, asyncio.create_task(server.listening.wait())], return_when="FIRST_COMPLETED")
            if serving.done():
                serving.result()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            server.leaving.set()
            await serving


class _QuietServer(Server):
    """uvicorn's server for one test: signals stay pytest's, and it does not sleep when it is told to stop."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.leaving = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves them alone."""
        yield

    async def main_loop(self) -> None:
        """Serves until it is told to stop."""
        self.listening.set()
        await self.on_tick(0)
        await self.leaving.wait()
