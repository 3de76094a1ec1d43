"""Runs an app's lifespan as a server does: in one task, from start-up to shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from evenflow.errors import LifecycleError

Message = MutableMapping[str, Any]


@asynccontextmanager
async def running(app: Any, *, mounted: bool = False) -> AsyncIterator[dict[str, Any]]:
    """The state that the app's lifespan gives to its requests; the app is started inside, and stopped at the end.

    With `mounted` the apps mounted in it are started too, each after the app it is mounted in, unless that one has
    started it in its own lifespan. No server does that. An app that has no lifespan is left alone. What start-up or
    shutdown raise is raised here.
    """
    inner = list(_mounted(app)) if mounted else []
    async with AsyncExitStack() as stack:
        started = stack.enter_context(_noting(inner))
        state = await stack.enter_async_context(_started(app))
        for each in inner:
            if each not in started:
                for name, value in (await stack.enter_async_context(_started(each))).items():
                    state.setdefault(name, value)
        yield state


@asynccontextmanager
async def _started(app: Any) -> AsyncIterator[dict[str, Any]]:
    lifespan = _Lifespan(app)
    await lifespan.start()
    try:
        yield lifespan.state
    finally:
        await lifespan.stop()


class _Lifespan:
    def __init__(self, app: Any) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._asked = False
        self._failed: str | None = None
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None]

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self._task = asyncio.create_task(self._app(scope, self._receive, self._send), name="lifespan")
        try:
            await asyncio.wait([self._started, self._task], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        if self._started.done():
            return
        error = self._task.exception()
        if self._failed is not None:
            raise error or LifecycleError(f"The app did not start: {self._failed}")
        # It ended without a word: an app without a lifespan, which the ASGI specification lets raise.
        if error is not None and not isinstance(error, Exception):
            raise error

    async def stop(self) -> None:
        self._stopping.set()
        if self._started.done():
            await self._task
            if self._failed is not None:
                raise LifecycleError(f"The app did not stop as it should: {self._failed}")

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "lifespan.startup"}
        await self._stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            self._started.set_result(None)
        elif message["type"].endswith(".failed"):
            self._failed = message.get("message", "")


def _mounted(app: Any) -> Iterator[Any]:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            if isinstance(route.app, Starlette):
                yield route.app
            yield from _mounted(route.app)


@contextmanager
def _noting(apps: list[Any]) -> Iterator[set[Any]]:
    """The apps of these whose lifespan somebody has run in the meantime."""
    started: set[Any] = set()
    before = [(app, app.router.lifespan_context) for app in apps]

    def noted(app: Any, lifespan: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def run(given: Any) -> Any:
            started.add(app)
            return lifespan(given)

        return run

    for app, lifespan in before:
        app.router.lifespan_context = noted(app, lifespan)
    try:
        yield started
    finally:
        for app, lifespan in before:
            app.router.lifespan_context = lifespan
