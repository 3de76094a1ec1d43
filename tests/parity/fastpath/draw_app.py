"""Draws an app from a seed."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .draw_function import BODY_LIMITS, Drawer, chance, pick, some
from .draw_route import RouteDrawer
from .props import SECURITY
from .spec import App, Function, Handler, Need, Route, Router

FORMS = ("async",) * 6 + ("sync", "class", "instance", "async instance", "async partial", "partial")
GENERATORS = ("async yield", "async yield", "sync yield")
ENDINGS = ("plain", "finally", "swallow", "reraise", "convert", "custom", "base")
PREFIXES = ("", "", "/api", "/v1", "/items", "/ü")
OUTER = (*PREFIXES, "/{tenant}", "/{tenant}", "/{tenant}-{y}")
HANDLERS = (
    "HTTPException", "StarletteHTTPException", "404", "405", "418", "Custom", "Child", "ValueError", "Exception", "500",
    "RequestValidationError", "ResponseValidationError", "LookupError", "422", "307",
)  # fmt: skip
DOES = ("json", "json", "json", "status", "task", "raise", "again", "nothing")


class AppDrawer:
    """Everything that is drawn for one app; names are given in turn."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.drawer = Drawer(self.random)
        self.dependencies: list[Function] = []
        self.routes = RouteDrawer(self.random, self.drawer, self.need)
        self.security = chance(self.random, 0.2)
        self.app_options = self.many_options()

    def dependency(self) -> Function:
        random = self.random
        form = pick(random, GENERATORS if chance(random, 0.3) else FORMS)
        limited = form.endswith("yield")
        function = Function(
            name=self.drawer.name("dep"),
            form=form,
            params=self.drawer.params(random.choice((0, 0, 1, 1, 2)), body=0.06),
            needs=tuple(self.need(function_scope=not limited) for _ in range(random.choice((0, 0, 0, 1, 1, 2)))),
            specials=self.drawer.specials(0.2),
            ending=pick(random, ENDINGS) if limited else "plain",
        )
        return replace(function, needs=tuple(item for item in function.needs if item.call))

    def need(self, *, function_scope: bool = True) -> Need:
        random = self.random
        secured = chance(random, 0.1)
        if self.security and chance(random, 0.2):
            call = pick(random, SECURITY)
        else:
            call = pick(random, [item.name for item in self.dependencies]) if self.dependencies else ""
        scopes = ("function", "request") if function_scope else ("request",)
        return Need(
            name=self.drawer.name("need"),
            call=call,
            cache=not chance(random, 0.12),
            scope=pick(random, scopes) if chance(random, 0.15) and not secured else None,
            scopes=pick(random, (("read",), ("read", "write"))) if secured else (),
            limit=3 if chance(random, 0.03) and not secured else None,
            style=pick(random, ("annotated", "old")),
        )

    def needs(self, share: float) -> tuple[Need, ...]:
        count = self.random.choice((1, 1, 2)) if chance(self.random, share) else 0
        drawn = (replace(self.need(), style="old") for _ in range(count))
        return tuple(item for item in drawn if item.call)

    def many_options(self) -> tuple[str, ...]:
        random = self.random
        return (
            *some(random, 0.05, "default_response_class=Upper"),
            *some(random, 0.04, "redirect_slashes=False"),
            *some(random, 0.04, "strict_content_type=False"),
            *some(random, 0.04, "root_path='/proxy'"),
            *some(random, 0.6, "openapi_url=None"),
            *some(random, 0.02 * BODY_LIMITS, "max_body_size=60"),
            *some(random, 0.02, "debug=True"),
        )

    def router(self, depth: int, *, mounted: bool = False) -> Router:
        random = self.random
        return Router(
            name=self.drawer.name("router"),
            entries=self.entries(depth + 1, random.choice((1, 2, 3))),
            kind="app" if mounted else "own" if chance(random, 0.02) else "include",
            prefix="" if mounted else pick(random, PREFIXES),
            needs=self.needs(0.2),
            options=self.many_options() if mounted else self.router_options(),
            include_prefix=pick(random, ("/sub", "/items", "/v2") if mounted else OUTER if depth == 0 else PREFIXES),
            include_needs=() if mounted else self.needs(0.2),
            include_options=() if mounted else tuple(some(random, 0.04, "default_response_class=Quiet")),
            again="/again" if not mounted and chance(random, 0.1) else None,
            early=chance(random, 0.15),
        )

    def router_options(self) -> tuple[str, ...]:
        random = self.random
        return (
            *some(random, 0.06, f"route_class={pick(random, ('TimedRoute', 'NamedRoute', 'PickyRoute'))}"),
            *some(random, 0.05, "default_response_class=Upper"),
            *some(random, 0.03, "redirect_slashes=False"),
            *some(random, 0.03, "strict_content_type=False"),
        )

    def entries(self, depth: int, count: int) -> tuple[Route | Router, ...]:
        drawn: list[Route | Router] = []
        for _ in range(count):
            if depth < 4 and chance(self.random, 0.22):
                drawn.append(self.router(depth, mounted=chance(self.random, 0.12)))
            else:
                drawn.append(self.routes.route())
        return tuple(drawn)

    def app(self, name: str) -> App:
        random = self.random
        for _ in range(random.choice((0, 1, 2, 3, 4, 6))):
            self.dependencies.append(self.dependency())
        handled = random.sample(HANDLERS, random.choice((0, 0, 0, 1, 2, 3)))
        forms = ("async", "async", "sync")
        middlewares = random.sample(MIDDLEWARES, random.choice((0, 0, 0, 1, 1, 2)))
        root = Router(
            "app", self.entries(0, random.choice((2, 3, 4, 6))), needs=self.needs(0.1), options=self.app_options
        )
        names = [item.name for item in self.dependencies]
        return App(
            name=name,
            dependencies=tuple(self.dependencies),
            root=root,
            handlers=tuple(
                Handler(f"handler_{i}", key, pick(random, forms), pick(random, DOES)) for i, key in enumerate(handled)
            ),
            middlewares=tuple(middlewares),
            overrides=(pick(random, names),) if names and chance(random, 0.04) else (),
            late=self.entries(2, 1) if chance(random, 0.08) else (),
            turned=chance(random, 0.03),
            started=chance(random, 0.3),
        )


MIDDLEWARES = ("pure", "pure", "based", "swallowing", "rewriting", "gzip", "cors")


def draw_app(seed: str) -> App:
    """The app of this seed: the same for the same seed, on every machine."""
    return AppDrawer(seed).app(seed)
