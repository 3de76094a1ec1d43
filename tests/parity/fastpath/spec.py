"""An app and the requests to it, as plain data: what is drawn from a seed, written as source, and made smaller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Param:
    """A parameter from the request; `kind` names a row of the table for its place."""

    name: str
    where: str
    kind: str
    default: str | None = None
    marker: str = ""
    """The arguments of Query(...) and the like, as source."""
    style: str = "annotated"


@dataclass(frozen=True)
class Need:
    """One use of a dependency."""

    name: str
    call: str
    cache: bool = True
    scope: str | None = None
    scopes: tuple[str, ...] = ()
    limit: int | None = None
    style: str = "annotated"


@dataclass(frozen=True)
class Function:
    """A dependency or an endpoint."""

    name: str
    form: str = "async"
    params: tuple[Param, ...] = ()
    needs: tuple[Need, ...] = ()
    specials: tuple[str, ...] = ()
    ending: str = "plain"
    """How a generator leaves: see `write_function.ENDINGS`."""


@dataclass(frozen=True)
class Route:
    """An operation, or something else that stands in the list of routes."""

    function: Function
    path: str
    methods: tuple[str, ...] = ("GET",)
    kind: str = "api"
    """api, starlette, websocket"""
    returns: str = "dict"
    model: str | None = None
    annotated: bool = False
    """The model is the return annotation."""
    options: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Router:
    """A router and the way it is included, or a mounted app."""

    name: str
    entries: tuple[Route | Router, ...] = ()
    kind: str = "include"
    """include, own (of a subclass of APIRouter), app (a mounted FastAPI app)"""
    prefix: str = ""
    needs: tuple[Need, ...] = ()
    options: tuple[str, ...] = ()
    include_prefix: str = ""
    include_needs: tuple[Need, ...] = ()
    include_options: tuple[str, ...] = ()
    again: str | None = None
    """Included a second time, under this prefix."""
    early: bool = False
    """Included before its routes are declared."""


@dataclass(frozen=True)
class Handler:
    """An exception handler."""

    name: str
    key: str
    form: str = "async"
    does: str = "json"


@dataclass(frozen=True)
class App:
    """A whole app."""

    name: str
    dependencies: tuple[Function, ...] = ()
    root: Router = Router("app")
    handlers: tuple[Handler, ...] = ()
    middlewares: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    """Dependencies that are overridden from the start."""
    late: tuple[Route | Router, ...] = ()
    """Declared after the first requests."""
    turned: bool = False
    """After the first requests, the app's list of routes is turned round too."""
    started: bool = False
    """There is a lifespan before the first request."""


@dataclass(frozen=True)
class Request:
    """One request, as an ASGI server would hand it over."""

    method: str
    path: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: tuple[bytes, ...] = ()
    orders: tuple[tuple[str, str], ...] = ()
    root_path: str = ""
    spec_version: str = "2.3"
    kind: str = "http"
    leaves: bool = False
    """The client is gone before its body is whole."""


@dataclass(frozen=True)
class Play:
    """An app and the requests it gets one after the other."""

    app: App
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Target:
    """A route with everything that its place adds to it."""

    route: Route
    path: str
    functions: tuple[Function, ...]


def targets(app: App) -> list[Target]:
    """Every route with its full path and every function that is called for it."""
    known = {function.name: function for function in app.dependencies}

    def called(needs: tuple[Need, ...], seen: frozenset[str] = frozenset()) -> Iterator[Function]:
        for need in needs:
            if need.call in known and need.call not in seen:
                yield known[need.call]
                yield from called(known[need.call].needs, seen | {need.call})

    def walk(router: Router, before: str, needs: tuple[Need, ...]) -> Iterator[Target]:
        needs = (*needs, *router.include_needs, *router.needs)
        for again in [router.include_prefix, *([router.again] if router.again is not None else [])]:
            prefix = before + again + router.prefix
            for entry in router.entries:
                if isinstance(entry, Router):
                    yield from walk(entry, prefix, needs)
                else:
                    functions = called((*needs, *entry.needs, *entry.function.needs))
                    yield Target(entry, prefix + entry.path, (entry.function, *dict.fromkeys(functions)))

    late = Router("late", app.late)
    return [*walk(app.root, "", ()), *walk(late, "", app.root.needs)]
