"""The watchdog: names what blocks the event loop of an app that serves.

`attach(app)` watches the loop that serves an app, `watch()` the running loop of any program, `statistics()` tells what
was found.

A timer on the loop shows that the loop runs; one thread for all loops of the process looks at the timer. Where it is
late, the thread takes samples of the loop's stack. `beat.py` is the timer, `patrol.py` the thread, `judge.py` decides
who is to blame, `blame.py` names it, `ledger.py` keeps and tells it. Nothing in the loop is patched.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from evenflow.guard.watchdog import ownership
from evenflow.guard.watchdog.door import ASGIApp, Door
from evenflow.guard.watchdog.ledger import GuardStatistics as GuardStatistics
from evenflow.guard.watchdog.ledger import Ledger
from evenflow.guard.watchdog.patrol import Patrol
from evenflow.guard.watchdog.switch import LOG_VARIABLE as LOG_VARIABLE
from evenflow.guard.watchdog.switch import VARIABLE as VARIABLE
from evenflow.guard.watchdog.switch import log_file, turned_off

LIMIT = 0.05
"""Seconds from which on a block is told of."""

_patrol = Patrol(Ledger())
_attached: WeakSet[Any] = WeakSet()


def attach(app: Any, *, limit: float = LIMIT, module: str | None = None) -> bool:
    """Has the loop watched that serves this FastAPI or Starlette app; gives whether it is.

    From the end of its startup, or its first request, to its shutdown. Nothing is watched where EVENFLOW_GUARD is
    `off`. It takes effect when the app builds its middleware stack, and once for each app. Blocks of less than `limit`
    seconds are not told of. `module` names a module of the program, in case the program is installed like a library.
    """
    if turned_off():
        return False
    if app in _attached:
        return True
    _attached.add(app)
    _prepare(module)
    build = app.build_middleware_stack

    def build_with_door() -> Door:
        return Door(build(), app, _present, limit)

    app.build_middleware_stack = build_with_door
    return True


def wrapped(app: ASGIApp, *, limit: float = LIMIT, module: str | None = None) -> ASGIApp:
    """Any other ASGI app, in another that has its loop watched; the same app where EVENFLOW_GUARD is `off`."""
    if turned_off():
        return app
    _prepare(module)
    return Door(app, app, _present, limit)


@contextmanager
def watch(*, limit: float = LIMIT) -> Iterator[None]:
    """Watches the running event loop meanwhile."""
    loop, user = asyncio.get_running_loop(), object()
    _prepare(None)
    _patrol.watch(loop, user, None, limit)
    try:
        yield
    finally:
        _patrol.leave(loop, user)


def statistics() -> GuardStatistics:
    """What was found in this process so far."""
    return _patrol.ledger.statistics()


def _present() -> Patrol:
    return _patrol


def _prepare(module: str | None) -> None:
    _patrol.ledger.file = log_file()
    if module is not None:
        ownership.adopt(module)


def _begin_anew() -> None:
    # A forked process has none of the threads, and what was found was found in the other.
    global _patrol
    _patrol = Patrol(Ledger())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
