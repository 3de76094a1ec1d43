"""Draws routes: paths that get in each other's way, endpoints, what they answer."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .answers import CLASSES, MODELS, OPTIONS, RETURNS, STREAM_ITEMS, STREAMS
from .draw_function import BODY_LIMITS, Drawer, chance, pick, some
from .spec import Function, Need, Param, Route

SEGMENTS = (
    "items", "me", "{id}", "{id}", "ü", "{n:int}", "{x}-{z}", "{p:path}", "{f:float}", "{u:uuid}", "file.{ext}",
)  # fmt: skip
KINDS = ("api",) * 52 + ("starlette", "starlette", "websocket", "websocket", "mount", "frontend")
METHODS = (
    (("GET",),) * 6 + (("POST",),) * 5 + (("PUT",), ("GET", "HEAD"), ("DELETE",), ("GET", "POST"), ("PATCH", "OPTIONS"))
)
STATUS = (200, 201, 202, 404, 500)
EMPTY_STATUS = (204, 304, 205)


def path_names(path: str) -> list[tuple[str, str]]:
    """The parameters of a path, each with its convertor."""
    parts = (part.split("}")[0] for part in path.split("{")[1:])
    return [(part.partition(":")[0], part.partition(":")[2]) for part in parts]


class RouteDrawer:
    """Draws routes that need what the app's other drawers made."""

    def __init__(self, random: Random, drawer: Drawer, need: Callable[[], Need]) -> None:
        self.random, self.drawer, self.need = random, drawer, need

    def path(self) -> str:
        random = self.random
        segments = random.sample(SEGMENTS, random.choice((1, 1, 2, 2, 3)))
        path = "/" + "/".join(dict.fromkeys(segments))
        if chance(random, 0.06):
            path += "/"
        return "/" if chance(random, 0.04) else path

    def route(self) -> Route:
        path = self.path()
        kind = pick(self.random, KINDS)
        if kind != "api":
            return Route(Function(self.drawer.name(kind)), path, pick(self.random, METHODS), kind)
        methods = pick(self.random, METHODS)
        if chance(self.random, 0.08):
            return self.stream(path, methods)
        return self.ordinary(path, methods)

    def function(self, path: str, form: str, methods: tuple[str, ...]) -> Function:
        random = self.random
        named = [
            self.drawer.path_param(name, convertor) for name, convertor in path_names(path) if chance(random, 0.85)
        ]
        drawn = (self.need() for _ in range(random.choice((0, 0, 1, 1, 2, 3))))
        params = (*self.drawer.params(random.choice((0, 0, 1, 1, 2, 3))), *self.bodies(methods), *named)
        return Function(
            name=self.drawer.name("route"),
            form=form,
            params=tuple({param.name: param for param in params}.values()),
            needs=tuple(need for need in drawn if need.call),
            specials=self.drawer.specials(0.13),
        )

    def bodies(self, methods: tuple[str, ...]) -> tuple[Param, ...]:
        random = self.random
        if not chance(random, 0.04 if "GET" in methods else 0.85):
            return ()
        if chance(random, 0.3):
            return tuple(self.drawer.form() for _ in range(random.choice((1, 1, 2, 3))))
        return tuple(self.drawer.body() for _ in range(random.choice((1, 1, 1, 1, 2, 3))))

    def ordinary(self, path: str, methods: tuple[str, ...]) -> Route:
        random = self.random
        model = pick(random, tuple(MODELS)) if chance(random, 0.55) else None
        returns = pick(random, MODELS[model] if model and chance(random, 0.95) else tuple(RETURNS))
        chosen = {option.partition("=")[0]: option for option in random.sample(OPTIONS, 2) if chance(random, 0.35)}
        options = [] if model is None else [*chosen.values()]
        options += some(random, 0.1, f"response_class={pick(random, CLASSES)}")
        status = pick(random, STATUS if model else (*STATUS, *EMPTY_STATUS))
        options += some(random, 0.25, f"status_code={status}")
        options += some(random, 0.02 * BODY_LIMITS, "max_body_size=40")
        annotated = model is not None and chance(random, 0.5)
        if model is None and chance(random, 0.2):
            options.append("response_model=None")
        form = "async" if chance(random, 0.8) else "sync"
        return Route(
            self.function(path, form, methods),
            path,
            methods,
            "api",
            returns,
            model,
            annotated,
            tuple(options),
            self.needs(),
        )

    def stream(self, path: str, methods: tuple[str, ...]) -> Route:
        random = self.random
        form = pick(random, ("async stream", "sync stream"))
        returns = pick(random, tuple(STREAMS))
        options = [
            *some(
                random,
                0.6,
                f"response_class={pick(random, ('EventSourceResponse', 'EventSourceResponse', 'StreamingResponse'))}",
            ),
            *some(random, 0.1, "status_code=201"),
        ]
        model = pick(random, STREAM_ITEMS)
        return Route(
            self.function(path, form, methods), path, methods, "api", returns, model, True, tuple(options), self.needs()
        )

    def needs(self) -> tuple[Need, ...]:
        drawn = (self.need() for _ in range(1 if chance(self.random, 0.12) else 0))
        return tuple(need for need in drawn if need.call)
