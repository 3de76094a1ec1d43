"""Puts the fast path into an app, inside the app's own middlewares, and takes it out again.

The app stays the object it was. Its method that builds the middleware stack is wrapped, on this one instance; the stack
it builds has two more doors: one below the app's middlewares, where compiled routes answer, and one in place of the
router, where FastAPI's own handlers are found without asking every route.
"""

from __future__ import annotations

import logging
from typing import Any
from weakref import WeakKeyDictionary

from starlette.types import Receive, Scope, Send

from evenflow.fastpath.compiled import CompiledApp, compile_app, nothing_compiled
from evenflow.fastpath.counts import Counts
from evenflow.fastpath.match import NOTHING, Match, Nothing
from evenflow.fastpath.report import Report, RouteReport
from evenflow.fastpath.shadow import Shadow
from evenflow.fastpath.switch import has_declined, turned_off
from evenflow.fastpath.unreachable import Unreachable, find_unreachable
from evenflow.fastpath.upstream import stack, tree
from evenflow.fastpath.upstream.freshness import Freshness
from evenflow.fastpath.upstream.handing import hand_to_route, hand_to_top, not_found
from evenflow.observe.request import current

logger = logging.getLogger("evenflow.fastpath")


class Fastpath:
    """The fast path of one app."""

    def __init__(self, app: stack.FastAPI, *, shadow: float = 0.0, watchful: bool = False) -> None:
        self.app = app
        self.counts = Counts()
        self._share = shadow
        self._shadow = Shadow(shadow) if shadow else None
        self._distrusted: dict[Any, str] = {}
        """Endpoints whose routes shadow mode has switched off."""
        self._watchful = watchful
        self._below: Any = None
        """FastAPI's own ExceptionMiddleware, and all that is below it."""
        self._router: Any = None
        """The router at the bottom of the stack; None before there is a stack."""
        self._freshness: Freshness | None = None
        self._compiled = nothing_compiled("it has not been built yet")
        self._disabled: str | None = None
        self._given_up = False
        self._before = vars(app).get("build_middleware_stack")
        """What somebody else has put in the place of the method that builds the stack."""

    @property
    def off(self) -> str | None:
        """Why the whole app is served by FastAPI alone; None if it is not."""
        return self._disabled or self._displaced() or self._made().off

    @property
    def build_seconds(self) -> float:
        """What reading the app and compiling it has cost."""
        return self._made().seconds

    def report(self) -> Report:
        """What became of each route; before the first request, what would become of it."""
        made = self._made()
        return Report(tuple(RouteReport.of(entry) for entry in made.entries), self.off)

    def source(self, index: int) -> str:
        """The code that was written for the route at this place of the report; empty where none was."""
        return self._made().sources[index]

    def unreachable(self) -> tuple[Unreachable, ...]:
        """The routes of the report that no request can reach, and which answer in their place."""
        return find_unreachable(self._made().entries)

    def recompile(self) -> None:
        """Looks at the app anew: for what was changed in a way nobody can see, such as a replaced endpoint."""
        self._freshness = None

    def install(self) -> None:
        """Takes the place of the method that builds the app's stack."""
        self.app.build_middleware_stack = self.build_stack  # type: ignore[method-assign]  # of this one app

    def install_again(self) -> None:
        """Takes that place once more, if somebody has taken it since; an agent that is removed does."""
        if self._disabled is None and self._displaced():
            there = vars(self.app).get("build_middleware_stack")
            if there != self.build_stack:
                self._before = there
            self.app.middleware_stack = None
            self.install()

    def _displaced(self) -> str | None:
        built = self.app.middleware_stack
        if built is None or stack.stands_in(built, _InnerDoor):
            return None
        return "somebody has had the middleware stack built without it; attach it again"

    def disable(self, reason: str) -> None:
        """Leaves the app to FastAPI alone, for good."""
        self._disabled = reason
        self._given_up = True  # even where an agent that came later goes on calling us
        attributes = vars(self.app)
        if attributes.get("build_middleware_stack") == self.build_stack:
            del attributes["build_middleware_stack"]
            if self._before:
                attributes["build_middleware_stack"] = self._before

    # The stack -----------------------------------------------------------------------------------------------------

    def build_stack(self) -> Any:
        """The app's middleware stack, as FastAPI builds it, with our doors in it."""
        if self._given_up:
            return self._build()
        self._below = None
        # Not a `Middleware`: agents see to it that whatever is put into one shows up among what they report.
        here: Any = (_InnerDoor, (), {"path": self})
        self.app.user_middleware.append(here)
        try:
            built = self._build()
        finally:
            self.app.user_middleware.remove(here)
        if self._below is None:
            self._disabled = "the app builds its middleware stack in its own way"
            self._warn(self._disabled)
        return built

    def _build(self) -> Any:
        return self._before() if self._before else type(self.app).build_middleware_stack(self.app)

    def enter(self, below: Any) -> None:
        """Takes its place above `below`, if that is FastAPI's own."""
        self._below = below
        self._freshness = None
        self._disabled = stack.way_in(self.app, below)
        if self._disabled:
            self._warn(self._disabled)
        else:
            self._router = stack.inner_app(below, lambda router: _RouterDoor(self, router))

    def _made(self) -> CompiledApp:
        if self._freshness is None or not self._freshness.holds():
            router = self._router or self.app.router
            self._attach_mounted(router)
            freshness = Freshness(router, watchful=self._watchful)
            handlers = stack.exception_handlers(self._below) if self._below is not None else ({}, {})
            given = {
                "HANDLERS": handlers,
                "hand_over": self._hand_over,
                "replay": self._replay,
                "hand_over_inside": self._hand_over_inside,
                "replay_inside": self._replay_inside,
            }
            self._compiled = compile_app(router, given, self._distrusted)
            self._freshness = freshness
            if self._compiled.off:
                self._warn(self._compiled.off)
            elif self._compiled.hindered:
                logger.warning("No route of this app is compiled: %s.", self._compiled.hindered)
        return self._compiled

    def _attach_mounted(self, router: Any) -> None:
        for inner in tree.mounted_apps(router):
            if inner not in _paths and not has_declined(inner):
                attach(inner, shadow=self._share, watchful=self._watchful)

    def _warn(self, reason: str) -> None:
        logger.warning("The fast path is off for this app, FastAPI serves it alone: %s.", reason)

    # Requests ------------------------------------------------------------------------------------------------------

    def serve(self, scope: Scope, receive: Receive, send: Send) -> Any:
        """Answers by a compiled route, or hands on to what stands below. A coroutine, awaited by whoever called."""
        freshness = self._freshness
        if scope["type"] != "http" or self._disabled is not None:
            if freshness is None:
                self._made()  # with the lifespan, before the first request
            return self._hand_down(scope, receive, send)
        # The one that is looked into now: another thread may make a new one meanwhile.
        made = self._compiled if freshness is not None and freshness.holds() else self._made()
        match = self._match(made, scope)
        handler = made.handlers[match.index] if match is not None else None
        if match is None or handler is None:
            return self._hand_down(scope, receive, send)
        if stack.telemetry_data() is not None:
            return self._hand_down(scope, receive, send)  # and the compiled handler inside of FastAPI's code
        self.counts.compiled += 1
        parameters = match.parameters
        if "path_params" in scope:
            parameters = {**scope["path_params"], **parameters}
        if self._shadow is not None and self._shadow.wants(made.entries[match.index].endpoint, scope):
            return self._compare(made, match.index, parameters, (scope, receive, send))
        return handler(scope, receive, send, parameters)

    async def _hand_down(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = current.set(scope)
        try:
            await self._below(scope, receive, send)
        finally:
            current.reset(token)

    def _match(self, made: CompiledApp, scope: Scope) -> Match | None:
        path = scope["path"]
        if scope.get("root_path"):
            path = stack.route_path(scope)
        if path[-1:] == "\n":
            # In a pattern `$` matches before it, in the table nothing does.
            return None
        try:
            match = made.table.find(scope["method"], path)
        except ValueError:
            return None
        return match if type(match) is Match else None

    async def _compare(self, made: CompiledApp, index: int, parameters: dict[str, Any], asgi: Any) -> None:
        handler = made.handlers[index]
        assert self._shadow is not None
        assert handler is not None

        def ours(scope: Scope, receive: Receive, send: Send) -> Any:
            return handler(scope, receive, send, parameters)

        self.counts.compared += 1
        difference = await self._shadow.compare(made.entries[index].endpoint, ours, self._below, asgi)
        if difference is None:
            return
        self.counts.differences += 1
        reason = f"shadow mode saw another answer than FastAPI's: {difference}"
        logger.error("%s is no longer compiled: %s. Please report it.", made.entries[index].path, reason)
        self._distrusted[made.entries[index].endpoint] = reason
        made.give_up(index, reason)

    async def _hand_over(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.counts.compiled -= 1
        self.counts.routed["dependency overrides"] += 1
        await self._below(scope, receive, send)

    async def _replay(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.counts.compiled -= 1
        self.counts.replayed += 1
        await self._below(scope, receive, send)

    async def _hand_over_inside(self, request: Any, stock: Any) -> Any:
        self.counts.compiled -= 1
        self.counts.routed["dependency overrides"] += 1
        return await stock(request)

    async def _replay_inside(self, request: Any, stock: Any) -> Any:
        self.counts.compiled -= 1
        self.counts.replayed += 1
        return await stock(request)

    async def route(self, router: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands a request to FastAPI's own handler of the route that answers it, or to FastAPI's router."""
        if scope["type"] != "http":
            await router(scope, receive, send)
            return
        made = self._made()
        match, reason = self._routed_match(made, router, scope)
        if type(match) is Match:
            entry = made.entries[match.index]
            if entry.place is not None:
                app = self._route_app(made, match.index)
                await hand_to_route(entry, app, match.parameters, scope, receive, send)
            else:
                self.counts.routed[entry.reason or ""] += 1
                await hand_to_top(router, entry.top, scope, receive, send)
        elif match is NOTHING:
            self.counts.routed["no route has this path"] += 1
            await not_found(router, scope, receive, send)
        else:
            self.counts.stock[reason] += 1
            await router(scope, receive, send)

    def _route_app(self, made: CompiledApp, index: int) -> Any:
        entry = made.entries[index]
        if entry.plan is None:
            self.counts.routed[entry.reason or ""] += 1
            return entry.app
        # What a compiled route has handed on comes here, too; it is FastAPI's.
        if made.handlers[index] is not None and stack.telemetry_data() is None:
            return entry.app
        app = made.inside(index)
        if app is None:
            self.counts.routed["telemetry is on"] += 1
            return entry.app
        self.counts.compiled += 1
        return app

    def _routed_match(self, made: CompiledApp, router: Any, scope: Scope) -> tuple[Match | Nothing | None, str]:
        off = self._disabled or made.off
        if off:
            return None, off
        path, method, mounted = scope["path"], scope["method"], bool(scope.get("root_path"))
        if mounted:
            path = stack.route_path(scope)
        if path[-1:] == "\n":
            return None, "a path that ends with a line feed"
        try:
            match = made.table.find(method, path)
            if match is NOTHING and (mounted or not made.nowhere(method, path, router.redirect_slashes)):
                match = None
        except ValueError:
            return None, "a number in the path that is too long"
        return match, "no route has this path with this method, or only FastAPI can tell"


class _InnerDoor:
    """The middleware right inside the app's own: compiled routes answer here."""

    def __init__(self, app: Any, path: Fastpath) -> None:
        self.app = app
        self._path = path
        path.enter(app)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        return self._path.serve(scope, receive, send)


class _RouterDoor:
    """Stands in place of the router at the bottom of the stack."""

    def __init__(self, path: Fastpath, router: Any) -> None:
        self.app = router
        self._path = path

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        return self._path.route(self.app, scope, receive, send)


_paths: WeakKeyDictionary[Any, Fastpath] = WeakKeyDictionary()


def attach(app: stack.FastAPI, *, shadow: float = 0.0, watchful: bool = False) -> Fastpath:
    """Gives `app` the fast path, and answers with it; an app that has it keeps it as it is.

    It takes effect when the app builds its middleware stack: with its first request, or its lifespan. FastAPI apps
    mounted in it get it too, unless they have declined.

    `shadow` is the share of GET and HEAD requests, from 0 to 1, that FastAPI answers too, to be compared; their
    endpoints run twice, and more often where the answers differ. A route is given back to FastAPI when FastAPI's answer
    proves to be another. With `watchful`, every request looks whether a function of FastAPI's was replaced, as tests
    do; that costs about 0.2 ms.

    Raises ValueError for a share that is none.
    """
    there = _paths.get(app)
    if there is not None:
        there.install_again()
        return there
    path = _paths[app] = Fastpath(app, shadow=shadow, watchful=watchful)
    off = turned_off()
    if off:
        path.disable(off)
        return path
    path.install()
    stack.quick_telemetry(app)
    return path


def detach(app: stack.FastAPI) -> None:
    """Gives the app back to FastAPI alone. An app without the fast path is left as it is."""
    path = _paths.pop(app, None)
    if path is None:
        return
    path.disable("it was detached")
    stack.stock_telemetry(app)
    for inner in tree.mounted_apps(app.router):
        detach(inner)
