"""What makes a function a part of an app: routes, routers, middlewares, handlers, what runs at the start."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from evenflow.guard.program.definitions import Class, Function, Scope
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import (
    UNKNOWN,
    Arguments,
    Constant,
    FunctionRef,
    Instance,
    Items,
    Mapped,
    Registering,
    Site,
    Value,
    Values,
    joined,
    text_in,
)

_METHODS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
_DECORATORS = (
    *_METHODS,
    "api_route",
    "route",
    "websocket",
    "websocket_route",
    "middleware",
    "on_event",
    "exception_handler",
)
_APPS = ("FastAPI", "Starlette")
_ROUTERS = (*_APPS, "APIRouter", "Router")
_FRAMEWORKS = ("fastapi", "starlette")


@dataclass(frozen=True, slots=True)
class Route:
    """A function that answers requests."""

    owner: Site | None
    """Where its app or router is made."""
    method: str
    path: str | None
    function: Value
    """What is called, with its decorators."""
    origin: Value
    """The function whose parameters are filled."""
    dependencies: Values


@dataclass(frozen=True, slots=True)
class Router:
    """An app, or a router."""

    is_app: bool
    prefix: str
    dependencies: Values


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A router's place in another one."""

    parent: Site | None
    child: Site
    prefix: str | None
    dependencies: Values


@dataclass(frozen=True, slots=True)
class Part:
    """What runs beside the routes."""

    kind: str
    """`middleware`, `lifespan`, `startup`, `exception handler`."""
    value: Value


@dataclass(slots=True)
class Registry:
    """All that a program registers, once each, in the order in which it was read."""

    routers: dict[Site, Router] = field(default_factory=dict)
    routes: dict[Route, None] = field(default_factory=dict)
    inclusions: dict[Inclusion, None] = field(default_factory=dict)
    parts: dict[Part, None] = field(default_factory=dict)


def site_of(frame: Frame, node: ast.AST, kind: Class | str) -> Site | None:
    """Where an app or a router is made; None for any other object: it makes no difference."""
    if _concerned(frame, kind) is None:
        return None
    return str(frame.module.file), getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def made(frame: Frame, instance: Instance, arguments: Arguments) -> None:
    """Remembers an app or a router that is made."""
    name = _concerned(frame, instance.of)
    if name is None or instance.site is None:
        return
    named = dict(arguments.named)
    registry = frame.reader.registry
    registry.routers[instance.site] = Router(
        name in _APPS, text_in(named.get("prefix", UNKNOWN)) or "", _dependencies(arguments)
    )
    for value in named.get("lifespan", UNKNOWN):
        registry.parts[Part("lifespan", value)] = None
    for key in ("on_startup", "on_shutdown"):
        for values in named.get(key, UNKNOWN):
            for each in values.each if isinstance(values, Items) else ():
                registry.parts[Part(key.removeprefix("on_"), each)] = None
    for values in named.get("exception_handlers", UNKNOWN):
        for each in values.values if isinstance(values, Mapped) else ():
            registry.parts[Part("exception handler", each)] = None


def called(frame: Frame, owner: Instance, name: str, arguments: Arguments) -> Values | None:
    """What a method of an app or a router gives; None where it is a method of something else."""
    last = name.rpartition(".")[2]
    if _concerned(frame, owner.of) is None:
        return None
    if last in _DECORATORS:
        return frozenset({Registering(owner.site, last, arguments)})
    if last in ("add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"):
        what = "websocket" if "websocket" in last else "api_route"
        for each in arguments.at(1, "endpoint"):
            register(frame, Registering(owner.site, what, arguments), each, each)
    elif last == "include_router":
        _include(frame, owner, arguments.at(0, "router"), text_in(arguments.keyword("prefix")), arguments)
    elif last == "mount":
        _include(frame, owner, arguments.at(1, "app"), text_in(arguments.at(0, "path")), arguments)
    elif last == "add_middleware":
        _middleware(frame, arguments.at(0, "middleware_class"), arguments)
    elif last == "add_event_handler":
        _part(frame, text_in(arguments.at(0, "event_type")) or "startup", arguments.at(1, "func"))
    elif last == "add_exception_handler":
        _part(frame, "exception handler", arguments.at(1, "handler"))
    else:
        return None
    return UNKNOWN


def standalone(frame: Frame, name: str, arguments: Arguments) -> None:
    """Routes and middlewares that are made as objects: `Route("/", endpoint)`, `Middleware(Timing)`."""
    if name.partition(".")[0] not in _FRAMEWORKS:
        return
    last = name.rpartition(".")[2]
    if last in ("Route", "APIRoute", "WebSocketRoute", "APIWebSocketRoute"):
        what = "websocket" if "WebSocket" in last else "route"
        for each in arguments.at(1, "endpoint"):
            register(frame, Registering(None, what, arguments), each, each)
    elif last == "Middleware":
        _middleware(frame, arguments.at(0, "cls"), arguments)


def decorated(frame: Frame, function: Function, scope: Scope) -> Values:
    """What a function is after its decorators; one that is not understood is thought to call it."""
    origin = FunctionRef(function, scope)
    values: Values = frozenset({origin})
    for node in reversed(getattr(function.node, "decorator_list", [])):
        decorators = frame.evaluate(node)
        registrations = [each for each in decorators if isinstance(each, Registering)]
        if not decorators:
            registrations = _by_its_look(frame, node)
        if registrations:
            for registration in registrations:
                for value in values:
                    register(frame, registration, value, origin)
            continue
        after = frame.call(node, decorators, Arguments((values,)))
        if any(not isinstance(each, Instance) or isinstance(each.of, Class) for each in after):
            values = after
    return values


def register(frame: Frame, registration: Registering, value: Value, origin: Value) -> None:
    """Remembers what a function is for."""
    arguments = registration.arguments
    what = registration.what
    if what in ("middleware", "exception_handler"):
        _part(frame, what.replace("_", " "), frozenset({value}))
    elif what == "on_event":
        _part(frame, text_in(arguments.at(0, "event_type")) or "startup", frozenset({value}))
    else:
        path = text_in(arguments.at(0, "path"))
        route = Route(registration.owner, _method(what, arguments), path, value, origin, _dependencies(arguments))
        frame.reader.registry.routes[route] = None


def _by_its_look(frame: Frame, node: ast.expr) -> list[Registering]:
    """`@something.get("/path")` is a route, also where it is not known what `something` is."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return []
    path = text_in(frame.evaluate(node.args[0]))
    if node.func.attr not in (*_METHODS, "api_route", "websocket") or path is None or not path.startswith("/"):
        return []
    named = tuple((each.arg, frame.evaluate(each.value)) for each in node.keywords if each.arg is not None)
    return [Registering(None, node.func.attr, Arguments((frozenset({Constant(path)}),), named))]


def _method(what: str, arguments: Arguments) -> str:
    if what in _METHODS:
        return what.upper()
    if what.startswith("websocket"):
        return "WEBSOCKET"
    methods = [value for value in arguments.keyword("methods") if isinstance(value, Items)]
    names = [each for value in methods for each in (value.exact or (value.each,))]
    written = [text for each in names if (text := text_in(each)) is not None]
    return ",".join(dict.fromkeys(written)) or ("GET" if not methods else "*")


def _include(frame: Frame, owner: Instance, children: Values, prefix: str | None, arguments: Arguments) -> None:
    for child in children:
        if isinstance(child, Instance) and child.site is not None:
            given = prefix if prefix is not None or dict(arguments.named).get("prefix") is not None else ""
            inclusion = Inclusion(owner.site, child.site, given, _dependencies(arguments))
            frame.reader.registry.inclusions[inclusion] = None


def _middleware(frame: Frame, classes: Values, arguments: Arguments) -> None:
    dispatch = arguments.keyword("dispatch")
    _part(frame, "middleware", dispatch or classes)


def _part(frame: Frame, kind: str, values: Values) -> None:
    for value in values:
        frame.reader.registry.parts[Part(kind, value)] = None


def _dependencies(arguments: Arguments) -> Values:
    given = dict(arguments.named).get("dependencies", UNKNOWN)
    return joined(*[each.each for each in given if isinstance(each, Items)])


def _concerned(frame: Frame, kind: Class | str) -> str | None:
    names = [kind] if isinstance(kind, str) else frame.reader.outer_bases(kind)
    for name in names:
        if name.partition(".")[0] in _FRAMEWORKS and name.rpartition(".")[2] in _ROUTERS:
            return name.rpartition(".")[2]
    return None
