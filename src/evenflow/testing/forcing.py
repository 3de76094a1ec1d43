"""Attaches the fast path to every FastAPI app this process builds, and counts the requests made to them.

It works by changing `FastAPI.__init__` and `Starlette.__call__` for the whole process, so it is for tests only.
"""

from __future__ import annotations

import atexit
import os
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from starlette.applications import Starlette

from evenflow.testing.tally import MODE, Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from evenflow.fastpath import Counts

MODES = ("auto", "inner", "off")
"""With the apps as they are; with a middleware that does nothing in each; not at all (requests are still counted)."""


class Forcing:
    """Makes every app of this process one with the fast path, from `start()` on."""

    def __init__(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"{mode!r} is none of {', '.join(MODES)}.")
        self._mode = mode
        self._requests = 0
        self._counts: list[Counts] = []

    def start(self) -> None:
        """Changes the classes. There is no way back: the process ends with its tests."""
        self._count_requests()
        if self._mode != "off":
            self._attach_to_all()

    def tally(self) -> Tally:
        """What became of all requests so far."""
        total = Tally(requests=self._requests)
        for counts in self._counts:
            total.add(Tally(0, counts.compiled, counts.replayed, dict(counts.routed), dict(counts.stock)))
        return total

    def _attach_to_all(self) -> None:
        # Imported first, so that the fast path knows the classes as they were.
        from evenflow.fastpath import attach

        original = FastAPI.__init__

        @wraps(original)
        def init(app: FastAPI, *args: Any, **options: Any) -> None:
            original(app, *args, **options)
            if self._mode == "inner":
                app.add_middleware(Passing)
            self._counts.append(attach(app, watchful=True).counts)

        FastAPI.__init__ = cast("Any", init)  # type: ignore[method-assign] # the one way to reach apps that others build

    def _count_requests(self) -> None:
        original = Starlette.__call__

        # No coroutine of its own, so that tracebacks stay as they are.
        def call(app: Starlette, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            if scope["type"] == "http" and isinstance(app, FastAPI):
                self._requests += 1
            return original(app, scope, receive, send)

        Starlette.__call__ = cast("Any", call)  # type: ignore[method-assign] # it counts before any middleware runs


def follow() -> None:
    """For a program that a test starts: forces it as the run does. Its tally is added to the run's when it ends.

    A `sitecustomize.py` on the path of such programs calls this.
    """
    forcing = Forcing(os.environ[MODE])
    forcing.start()
    atexit.register(lambda: forcing.tally().write())


class Passing:
    """A middleware that hands everything on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds nothing."""
        await self.app(scope, receive, send)
