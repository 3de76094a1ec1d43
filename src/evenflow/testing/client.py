"""`client`: httpx in front of the app, in memory, with the app's lifespan run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from evenflow.errors import ConfigError
from evenflow.testing.concurrency import in_the_app
from evenflow.testing.lifespan import running

if TYPE_CHECKING:
    import httpx


@asynccontextmanager
async def open_client(
    app: Any, *, raise_app_exceptions: bool = True, **options: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """An httpx.AsyncClient that calls `app` in memory, each request in a task of its own.

    The app's lifespan is run around it, and the lifespans of apps mounted in it; what they yield is the requests'
    `request.state`. An exception that the app does not handle is raised by the request; with
    `raise_app_exceptions=False` it is answered with 500. `options` are AsyncClient's. An answer comes as a whole: for
    one that streams, or a WebSocket, use `open_live_client`. Raises ConfigError where httpx is missing.
    """
    library = httpx_library()
    async with running(app, mounted=True) as state:
        transport = library.ASGITransport(
            app=Served(app, state, own_task=True), raise_app_exceptions=raise_app_exceptions
        )
        async with library.AsyncClient(
            **{"transport": transport, "base_url": "http://testserver", **options}
        ) as client:
            yield client


async def made(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The fixture."""
    with overrides_restored(app):
        async with open_client(app) as client:
            yield client


class Served:
    """The app as a server calls it: with the state of its lifespan, counted by `concurrently`."""

    def __init__(self, app: Any, state: dict[str, Any], *, own_task: bool) -> None:
        self._app = app
        self._state = state
        self._own_task = own_task

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves one request."""
        scope["state"] = self._state.copy()
        serving = self._counted(scope, receive, send)
        # In its own task the app sees the test's context variables (its transaction), and the test none of the app's.
        await (asyncio.create_task(serving) if self._own_task else serving)

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        with in_the_app() as answered:

            async def sending(message: Any) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    answered()
                await send(message)

            await self._app(scope, receive, sending)


@contextmanager
def overrides_restored(app: Any) -> Iterator[None]:
    """Takes back what a test has put into `app.dependency_overrides`."""
    overrides: dict[Any, Any] = getattr(app, "dependency_overrides", {})
    before = dict(overrides)
    try:
        yield
    finally:
        overrides.clear()
        overrides.update(before)


def httpx_library() -> Any:
    """The module httpx, or httpx2, which goes on where it ended. Raises ConfigError where neither is installed."""
    if _LIBRARY is None:
        raise ConfigError("Evenflow's test clients need httpx, which is not installed: pip install httpx")
    return _LIBRARY


def _installed() -> Any:
    for name in ("httpx", "httpx2"):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    return None


_LIBRARY = _installed()
"""Imported with this module, not when a client is opened: that would hold up the event loop."""
