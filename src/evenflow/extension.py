"""`Evenflow(app, …)`: attaches the parts to one app, starts them in order, stops them in reverse.

The app stays the user's own FastAPI object and nothing wraps it: the lifespan is extended in place, the routes are
compiled, the loop that serves is watched, and the errors that mean "busy, try again" become answers. A request passes
through nothing of this file.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from evenflow.errors import ConfigError, DatabaseLocked, LifecycleError, PoolTimeout, QueueFull, TransactionConflict

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Lifespan

    from evenflow.database import Database, DatabaseStatistics
    from evenflow.fastpath import Counts, Fastpath
    from evenflow.guard.watchdog import GuardStatistics

logger = logging.getLogger("evenflow")

_BUSY = (PoolTimeout, QueueFull, DatabaseLocked, TransactionConflict)
_TRY_AGAIN_LATER = 1013  # the WebSocket close code


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the attached parts are doing at this moment."""

    database: DatabaseStatistics | None
    fastpath: Counts | None
    guard: GuardStatistics | None
    """Of all the apps of this process; None where the guard is off."""


class Evenflow:
    """Attaches Evenflow's parts to `app`, in place.

    The database is connected before the app's own lifespan (or its startup handlers) begins, and disconnected
    after it has ended. `PoolTimeout`, `QueueFull`, `DatabaseLocked` and `TransactionConflict` are answered with
    503 and `Retry-After`, unless the app has an exception handler for them or for a class they derive from.

    Routes whose answers are provably the same are compiled; with `fastpath=False`, or with EVENFLOW_FASTPATH=off in the
    environment, none is. `shadow` is the share of GET and HEAD requests, from 0 to 1, that FastAPI answers too, to be
    compared; their endpoints run twice.

    What blocks the event loop while the app serves is named in the log of `evenflow.guard`, told as a `LoopBlocked`
    event, and counted in `statistics()`; not so with `guard=False`, or with EVENFLOW_GUARD=off in the environment.
    """

    def __init__(
        self,
        app: FastAPI,
        *,
        database: Database | None = None,
        fastpath: bool = True,
        shadow: float = 0.0,
        guard: bool = True,
    ) -> None:
        _require_fresh(app)
        self.app = app
        self.database = database
        # First, so that it stands outside of all else.
        self.guard = _guard(app, sys._getframe(1).f_globals.get("__name__")) if guard else False
        """Whether the loop is watched that serves the app."""
        self.fastpath = _fastpath(app, shadow, wanted=fastpath)
        app.state.evenflow = self
        app.router.lifespan_context = self._around(app.router.lifespan_context)
        for kind in _BUSY:
            app.exception_handlers.setdefault(kind, cast("Any", self._answer_busy))

    def statistics(self) -> Statistics:
        """What the attached parts are doing at this moment."""
        return Statistics(
            database=self.database.statistics() if self.database is not None else None,
            fastpath=self.fastpath.counts if self.fastpath is not None else None,
            guard=_guard_statistics() if self.guard else None,
        )

    def _around(self, inner: Lifespan[Any]) -> Lifespan[Any]:
        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[Any]:
            async with AsyncExitStack() as started:
                await self._start(started)
                # Entered last, so it ends first: the app's own shutdown can still use the database.
                yield await started.enter_async_context(inner(app))

        return lifespan

    async def _start(self, started: AsyncExitStack) -> None:
        database = self.database
        # Whoever connected it disconnects it: a database that is up already is left up.
        if database is not None and not database.is_connected:
            await database.connect()
            started.push_async_callback(database.disconnect)

    async def _answer_busy(self, connection: Request | WebSocket, error: Exception) -> Response | None:
        handler = self._users_handler(type(error))
        if handler is not None:
            answer: Response | None = await _called(handler, connection, error)
            return answer
        logger.warning("%s %s: %s", type(error).__name__, connection.scope.get("path", ""), error)
        if isinstance(connection, WebSocket):
            await connection.close(_TRY_AGAIN_LATER)
            return None
        return JSONResponse({"detail": "The database is busy. Please try again."}, 503, headers={"Retry-After": "1"})

    def _users_handler(self, kind: type[Exception]) -> Any:
        # Looked up when it happens, because a handler may be registered after `Evenflow(app)`. One for
        # `Exception` is no answer to a busy database: it is the app's last resort for bugs.
        handlers = self.app.exception_handlers
        for base in kind.__mro__:
            if base is Exception:
                break
            if base in handlers and handlers[base] != self._answer_busy:
                return handlers[base]
        return None


def _fastpath(app: FastAPI, shadow: float, *, wanted: bool) -> Fastpath | None:
    from evenflow.fastpath import decline

    if not wanted:
        decline(app)
        return None
    try:
        from evenflow.fastpath import attach
    except ImportError as error:
        # A FastAPI so new or so old that it lacks what the fast path knows by name.
        logger.warning("The fast path is off, FastAPI serves the app alone: %s", error)
        return None
    return attach(app, shadow=shadow)


def _guard(app: FastAPI, module: str | None) -> bool:
    from evenflow.guard import watchdog

    return watchdog.attach(app, module=module)


def _guard_statistics() -> GuardStatistics:
    from evenflow.guard import watchdog

    return watchdog.statistics()


def _require_fresh(app: FastAPI) -> None:
    if not isinstance(app, Starlette):
        raise ConfigError(f"Evenflow attaches to a FastAPI app, not to {app!r}: write Evenflow(app, database=…).")
    if isinstance(getattr(app.state, "evenflow", None), Evenflow):
        raise LifecycleError(
            "This app has Evenflow attached already. Attach once, with every part: Evenflow(app, database=…)."
        )
    if app.middleware_stack is not None:
        raise LifecycleError("This app is already running. Attach Evenflow where the app is made, before it serves.")


async def _called(handler: Any, connection: Request | WebSocket, error: Exception) -> Any:
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__):
        return await handler(connection, error)
    return await run_in_threadpool(handler, connection, error)
