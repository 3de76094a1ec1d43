"""Gives an app that was loaded the fast path and the guard, unless the app has decided about that itself."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evenflow.fastpath import Fastpath, RouteReport


def is_fastapi(app: Any) -> bool:
    """Whether there are routes to compile."""
    # Where nobody has imported FastAPI, an app is none of its.
    fastapi = sys.modules.get("fastapi")
    return fastapi is not None and isinstance(app, fastapi.FastAPI)


def declined(app: Any) -> str | None:
    """Why a FastAPI app is not to be attached to: it says so itself."""
    from evenflow.extension import Evenflow

    flow = getattr(app.state, "evenflow", None)
    if isinstance(flow, Evenflow) and flow.fastpath is None:
        return "the app is made with Evenflow(app, fastpath=False)"
    return None


def attached(app: Any) -> Fastpath | str:
    """The fast path of a FastAPI app; in words why there is none, where this FastAPI is not one that it knows."""
    try:
        from evenflow.fastpath import attach
    except ImportError as error:
        return f"it does not know this FastAPI ({error})"
    return attach(app)


def attach_unless_declined(app: Any) -> None:
    """Gives `app` and those mounted in it the fast path, where they are FastAPI apps and have nothing against it."""
    if is_fastapi(app):
        if not declined(app):
            attached(app)
        for _, inner in mounted_apps(app):
            attach_unless_declined(inner)


def guarded(app: Any, module: str) -> Any:
    """The app, with its event loop watched: a FastAPI or Starlette app is itself, any other stands in one that watches.

    An app made with `Evenflow(app, guard=False)` is left alone. `module` is one of the program's.
    """
    from evenflow.guard import watchdog

    if hasattr(app, "build_middleware_stack"):
        if not _is_unguarded(app):
            watchdog.attach(app, module=module)
        return app
    # An app in the old style, which is called twice, is no coroutine function.
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None)):  # noqa: B004 - which kind of callable
        return watchdog.wrapped(app, module=module)
    return app


def _is_unguarded(app: Any) -> bool:
    flow = getattr(app.state, "evenflow", None)
    return flow is not None and not getattr(flow, "guard", True)


def compiled_sentence(app: Any) -> str | None:
    """How many routes of an app are compiled, or why none is; None if there are none, or it is no FastAPI app."""
    if not is_fastapi(app):
        return None
    path = declined(app) or attached(app)
    with unlogged():
        off = path if isinstance(path, str) else path.off
        outcomes = [] if off else _outcomes(app)
    if off:
        return f"The fast path is off: {off}."
    if not outcomes:
        return None
    compiled = outcomes.count(None)
    hint = "" if compiled == len(outcomes) else "; evenflow check says why not the others"
    if not compiled and len(set(outcomes)) == 1:
        hint = f": {outcomes[0]}"
    return f"Compiled: {compiled} of {len(outcomes)} routes{hint}."


def _outcomes(app: Any) -> list[str | None]:
    """For each route, those of mounted apps too, why it is not compiled; None if it is."""
    path = declined(app) or attached(app)
    found: list[str | None] = []
    if not isinstance(path, str):
        found = [path.off or route.reason for route in path.report().routes if kind_of(route) == "route"]
    return found + [outcome for _, inner in mounted_apps(app) for outcome in _outcomes(inner)]


def mounted_apps(app: Any) -> list[tuple[str, Any]]:
    """The FastAPI apps that are mounted in one, and where."""
    from fastapi.routing import iter_route_contexts
    from starlette.routing import Mount

    mounts = [context for context in iter_route_contexts(app.routes) if isinstance(context.original_route, Mount)]
    return [(str(mount.path), mount.app) for mount in mounts if is_fastapi(mount.app)]


def kind_of(route: RouteReport) -> str:
    """What it is: "mount"; "page", where FastAPI adds it for the documentation; else "route"."""
    if route.endpoint is None and route.path.endswith("/{path:path}"):
        return "mount"
    return "page" if getattr(route.endpoint, "__module__", None) == "fastapi.applications" else "route"


@contextmanager
def unlogged() -> Iterator[None]:
    """Keeps the fast path from logging what is about to be said in other words."""
    logger = logging.getLogger("evenflow.fastpath")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
