"""Where the event loop enters a program: its routes, what they depend on, and what stands around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from evenflow.guard.finding import Hop
from evenflow.guard.program import hints
from evenflow.guard.program.definitions import Class, Function, Parameter, Scope
from evenflow.guard.program.frame import Frame, Step, Summary
from evenflow.guard.program.interpreter import Interpreter
from evenflow.guard.program.paths import places_of
from evenflow.guard.program.registering import Part, Route
from evenflow.guard.program.validators import classes_in, validate
from evenflow.guard.program.values import (
    Arguments,
    ClassRef,
    Dependency,
    FunctionRef,
    Instance,
    Manager,
    Managing,
    Partial,
    Value,
    Values,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A function that a root begins with."""

    summary: Summary
    on_loop: bool
    before: tuple[Hop, ...] = ()
    """The functions that ask for it: a route, of a dependency."""


@dataclass(slots=True)
class Root:
    """Something that runs in the event loop."""

    name: str
    everywhere: bool
    """Whether every request goes through it."""
    entries: list[Entry] = field(default_factory=list)


def roots_of(reader: Interpreter) -> list[Root]:
    """Every root of a program that has been read."""
    found: dict[str, Root] = {}
    for route, name, around in _routes(reader):
        root = found.setdefault(name, Root(name, everywhere=False))
        root.entries.extend(_called(reader, route.function, _of_a_class(route.function)))
        root.entries.extend(_dependencies_of(reader, route.origin, (), set()))
        for dependency in [*around, *route.dependencies]:
            if isinstance(dependency, Dependency):
                for value in dependency.what:
                    root.entries.extend(_dependency(reader, value, (), set()))
    for part in reader.registry.parts:
        for name, value, arguments in _of_part(reader, part):
            root = found.setdefault(name, Root(name, everywhere=part.kind == "middleware"))
            root.entries.extend(_called(reader, value, arguments))
    return list(found.values())


def _routes(reader: Interpreter) -> Iterator[tuple[Route, str, Values]]:
    routes = list(reader.registry.routes)
    owned = {(_node(route.origin), route.path) for route in routes if route.owner is not None}
    for route in routes:
        # The same function, read without knowing by whom it is called.
        if route.owner is None and (_node(route.origin), route.path) in owned:
            continue
        for place in places_of(route, reader.registry):
            yield route, f"{route.method} {place.path or '/'}", place.dependencies


def _node(value: Value) -> object:
    while isinstance(value, Partial | Manager):
        value = value.what
    return value.definition if isinstance(value, FunctionRef | ClassRef) else value


def _called(reader: Interpreter, value: Value, arguments: Arguments | None = None) -> Iterator[Entry]:
    """What runs when a framework calls something: in the loop if it can be awaited, else in a thread."""
    steps = _steps(reader, value, arguments or Arguments())
    for step in steps:
        on_loop = step.where != "thread" and step.to.function.is_async
        if isinstance(value, Instance | ClassRef) and not step.to.function.is_async:
            on_loop = False
        yield Entry(step.to, on_loop)


def _of_a_class(value: Value) -> Arguments:
    """What a method that is a route is called with first."""
    owner = value.definition.owner if isinstance(value, FunctionRef) else None
    return Arguments((frozenset({Instance(owner)}),)) if owner is not None else Arguments()


def _steps(reader: Interpreter, value: Value, arguments: Arguments) -> list[Step]:
    module = reader.sources.modules[0]
    frame: Frame = reader.frame_of(module)
    node = ast.Pass(lineno=0, col_offset=0)
    for given in frame.call(node, frozenset({value}), arguments):
        if isinstance(given, Managing):
            frame.step(node, given.summary)
    return frame.summary.steps


def _dependencies_of(reader: Interpreter, value: Value, before: tuple[Hop, ...], seen: set[object]) -> Iterator[Entry]:
    """What runs because a function has parameters that ask for it."""
    for function, scope in _asking(reader, value):
        if function in seen:
            continue
        seen.add(function)
        skipped = function.parameters[1:] if function.owner is not None else function.parameters
        for parameter in skipped:
            hop = Hop(str(function.module.file), _line_of(function, parameter), function.name)
            for summary in _validated(reader, function, scope, parameter):
                yield Entry(summary, True, (*before, hop))
            for inner in _asked_for(reader, function, scope, parameter):
                yield from _dependency(reader, inner, (*before, hop), seen)


def _dependency(reader: Interpreter, value: Value, before: tuple[Hop, ...], seen: set[object]) -> Iterator[Entry]:
    for entry in _called(reader, value):
        yield Entry(entry.summary, entry.on_loop, before)
    yield from _dependencies_of(reader, value, before, seen)


def _asked_for(reader: Interpreter, function: Function, scope: Scope | None, parameter: Parameter) -> Iterator[Value]:
    frame = reader.frame_of(function.module, scope)
    declared, dependency = hints.parts(frame, parameter.annotation)
    given = [value for value in frame.evaluate(parameter.default) if isinstance(value, Dependency)]
    for each in given or ([dependency] if dependency is not None else []):
        # `Depends()` alone means the class that the annotation names.
        yield from each.what or hints.classes_of(declared)


def _validated(reader: Interpreter, function: Function, scope: Scope | None, parameter: Parameter) -> Iterator[Summary]:
    """The validators of a model that a framework makes from a request."""
    frame = reader.frame_of(function.module, scope)
    for definition in classes_in(hints.objects(frame, parameter.annotation)):
        validate(frame, ast.Pass(lineno=0, col_offset=0), definition)
    yield from [step.to for step in frame.summary.steps]


def _asking(reader: Interpreter, value: Value) -> Iterator[tuple[Function, Scope | None]]:
    while isinstance(value, Partial | Manager):
        value = value.what
    if isinstance(value, FunctionRef):
        yield value.definition, value.scope
        return
    name = "__init__" if isinstance(value, ClassRef) else "__call__"
    definition = value.definition if isinstance(value, ClassRef) else value.of if isinstance(value, Instance) else None
    if isinstance(definition, Class):
        for each in reader.order(definition):
            if isinstance(each, Class) and name in each.methods:
                yield each.module.function(each.methods[name], each), each.scope
                return


def _line_of(function: Function, parameter: Parameter) -> int:
    node = parameter.annotation or parameter.default
    return node.lineno if node is not None else function.node.lineno


def _of_part(reader: Interpreter, part: Part) -> Iterator[tuple[str, Value, Arguments]]:
    value = part.value
    if isinstance(value, ClassRef):
        made = Instance(value.definition)
        name = f"{part.kind} {value.definition.name}"
        methods = ("dispatch",) if _has(reader, value.definition, "dispatch") else ("__call__",)
        for method in methods:
            frame = reader.frame_of(value.definition.module)
            for each in reader.attribute(frame, ast.Pass(), made, method):
                yield name, each, Arguments()
        return
    if part.kind in ("lifespan", "startup", "shutdown"):
        yield part.kind, value, Arguments()
        return
    function = _node(value)
    if isinstance(function, Function):
        yield f"{part.kind} {function.name}", value, Arguments()


def _has(reader: Interpreter, definition: Class, name: str) -> bool:
    return any(isinstance(each, Class) and name in each.methods for each in reader.order(definition))
