"""Reads a program as if it ran, without values: which function calls which, and what blocks."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from evenflow.guard.catalogue import Catalogue
from evenflow.guard.program import attributes, calling, expressions, hints, registering, statements, using
from evenflow.guard.program.definitions import Class, Function, Parameter, Scope
from evenflow.guard.program.frame import Frame, Summary
from evenflow.guard.program.locks import Locks
from evenflow.guard.program.modules import Binding, Imported, Module
from evenflow.guard.program.registering import Registry
from evenflow.guard.program.sources import Sources
from evenflow.guard.program.values import (
    UNKNOWN,
    Arguments,
    ClassRef,
    Dependency,
    FunctionRef,
    Inside,
    Instance,
    Items,
    Mapped,
    Outside,
    Value,
    Values,
    joined,
    telling,
)

_CONTEXTS = 8
"""How many ways of calling a function are told from each other; beyond that its annotations must do."""
_DEEPEST = 40
"""Calls inside calls that are read at once; deeper ones later, their result unknown at first."""

Bound = tuple[Values, ...]


class Interpreter:
    """A program that is being read."""

    def __init__(self, sources: Sources, catalogue: Catalogue) -> None:
        self.sources = sources
        self.catalogue = catalogue
        self.registry = Registry()
        self.locks = Locks()
        self.classes = [each for module in sources.modules for each in module.classes]
        self._summaries: dict[tuple[Function, Scope | None, Bound], Summary] = {}
        self._contexts: dict[Function, int] = {}
        self._decorated: dict[tuple[Function, Scope], Values] = {}
        self._later: list[tuple[Summary, Scope | None, Bound]] = []
        self._depth = 0
        self.inside_hints = 0
        """How many annotations are being read, one inside the other."""
        self._names: dict[tuple[Module, str], Values] = {}
        self._bases: dict[Class, Values] = {}
        self._orders: dict[Class, list[Class | str]] = {}
        self._states: dict[str, Values] = {}

    def read(self) -> None:
        """Reads the whole program: what modules do when they are imported, and every function."""
        with _deep():
            for module in self.sources.modules:
                with suppress(RecursionError):  # of one monstrous expression nothing is known, of the rest all
                    statements.execute(self.frame_of(module), module.tree.body)
            for function in [each for module in self.sources.modules for each in module.functions]:
                with suppress(RecursionError):
                    self.declared(function)
            while self._later:
                with suppress(RecursionError):
                    self._run(*self._later.pop())

    def evaluate(self, frame: Frame, node: ast.expr, *, awaited: bool = False) -> Values:
        """What an expression stands for."""
        return expressions.evaluate(frame, node, awaited=awaited)

    def call(self, frame: Frame, node: ast.AST, value: Value, arguments: Arguments, *, awaited: bool = False) -> Values:
        """What a call gives."""
        return calling.call(frame, node, value, arguments, awaited=awaited)

    def attribute(self, frame: Frame, node: ast.AST, value: Value, name: str) -> Values:
        """What an attribute is."""
        return attributes.attribute(frame, node, value, name)

    def frame_of(self, module: Module, scope: Scope | None = None) -> Frame:
        """For reading what stands in no function: nothing of it is called by a request."""
        return Frame(self, module, Scope(module, scope), Summary(_NOBODY))

    def declared(self, function: Function, scope: Scope | None = None) -> Summary:
        """The function when it is called by somebody unknown."""
        given = [UNKNOWN] * len(function.parameters)
        if function.owner is not None and given:
            given[0] = frozenset({Instance(function.owner)})
        return self.summary(function, scope, tuple(given))

    def summary(self, function: Function, scope: Scope | None, given: Bound) -> Summary:
        """The function when it is called with these arguments."""
        scope = scope or function.module.scope
        given = tuple(map(telling, given))
        key = (function, scope, given)
        if key in self._summaries:
            return self._summaries[key]
        if self._contexts.get(function, 0) >= _CONTEXTS:
            plain = self._widened(function, given)
            if plain != given:
                return self.summary(function, scope, plain)
        self._contexts[function] = self._contexts.get(function, 0) + 1
        summary = self._summaries[key] = Summary(function)
        if self._depth > _DEEPEST:
            self._later.append((summary, scope, given))
        else:
            self._run(summary, scope, given)
        return summary

    def _widened(self, function: Function, given: Bound) -> Bound:
        """The arguments of somebody unknown; of an object only its class counts."""
        found = [UNKNOWN] * len(given)
        if function.owner is not None and given and self._contexts[function] < _CONTEXTS * 4:
            kinds = [Instance(each.of, None, each.site) for each in given[0] if isinstance(each, Instance)]
            found[0] = frozenset(kinds) or given[0]
        elif function.owner is not None and given:
            found[0] = frozenset({Instance(function.owner)})
        return tuple(found)

    def decorated(self, function: Function, scope: Scope) -> Values:
        """What the name of a function stands for, after its decorators."""
        key = (function, scope)
        if key not in self._decorated:
            self._decorated[key] = frozenset({FunctionRef(function, scope)})
            self._decorated[key] = registering.decorated(self.frame_of(function.module, scope), function, scope)
        return self._decorated[key]

    def result(self, summary: Summary) -> Values:
        """What a function returns: what was read, or else what is written about it."""
        if summary.returns:
            return summary.returns
        node = summary.function.node
        if isinstance(node, ast.Lambda) or node.returns is None:
            return UNKNOWN
        return hints.objects(self.frame_of(summary.function.module), node.returns)

    def name(self, module: Module, name: str) -> Values:
        """What a name of a module stands for."""
        key = (module, name)
        if key not in self._names:
            self._names[key] = UNKNOWN
            found = [self._bound(module, name, each) for each in module.bindings.get(name, ())]
            if not found:
                found = [self._from_star(each, name, module) for each in module.stars]
            self._names[key] = joined(*found)
        return self._names[key]

    def imported(self, imported: Imported, importer: Module) -> Values:
        """What an import gives."""
        module = self.sources.find(imported.module, importer) if imported.module else None
        if imported.name is None:
            return frozenset({Inside(module) if module is not None else Outside(imported.module)})
        inner = f"{imported.module}.{imported.name}" if imported.module else imported.name
        if module is None:
            found = self.sources.find(inner, importer)
            return frozenset({Inside(found) if found is not None else Outside(inner)})
        # `from . import part` in a package's own file binds the name to what it is about to look for.
        found_name = self.name(module, imported.name) if module is not importer else UNKNOWN
        if found_name:
            return found_name
        submodule = self.sources.find(inner, importer)
        return frozenset({Inside(submodule)}) if submodule is not None else UNKNOWN

    def bases(self, definition: Class) -> Values:
        """What a class inherits from."""
        if definition not in self._bases:
            self._bases[definition] = UNKNOWN
            frame = self.frame_of(definition.module, definition.scope)
            self._bases[definition] = joined(*map(frame.evaluate, definition.node.bases))
        return self._bases[definition]

    def order(self, definition: Class) -> list[Class | str]:
        """The classes in which an attribute is looked for, those of others by their full names."""
        if definition not in self._orders:
            order: list[Class | str] = [definition]
            self._orders[definition] = order
            frame = self.frame_of(definition.module, definition.scope)
            for base in definition.node.bases:
                for value in frame.evaluate(base):
                    self._inherit(order, value)
        return self._orders[definition]

    def subclasses(self, definition: Class) -> list[Class]:
        """The program's classes that inherit from one."""
        return [each for each in self.classes if each is not definition and definition in self.order(each)]

    def outer_bases(self, definition: Class) -> list[str]:
        """The full names of those base classes that are not the program's."""
        return [self.catalogue.canonical(each) for each in self.order(definition) if isinstance(each, str)]

    def state(self, name: str) -> Values:
        """What anything of the program assigns to `app.state.name`."""
        if name not in self._states:
            self._states[name] = UNKNOWN
            writers = [each for module in self.sources.modules for each in module.states.get(name, ())]
            self._states[name] = joined(*[self.declared(each).shared.get(f".{name}", UNKNOWN) for each in writers])
        return self._states[name]

    def parameter(self, function: Function, scope: Scope | None, parameter: Parameter, given: Values) -> Values:
        """What a parameter stands for, of which the call says `given`."""
        if parameter.kind == "*":
            return given or frozenset({Items(self._annotated(function, scope, parameter))})
        if parameter.kind == "**":
            return given or frozenset({Mapped(self._annotated(function, scope, parameter))})
        if given:
            return given
        frame = self.frame_of(function.module, scope)
        declared, dependency = hints.parts(frame, parameter.annotation)
        default = frame.evaluate(parameter.default)
        for each in [*default, *([dependency] if dependency else [])]:
            if isinstance(each, Dependency):
                return using.depended(frame, each.what) or declared
        return declared or default

    def _annotated(self, function: Function, scope: Scope | None, parameter: Parameter) -> Values:
        return hints.objects(self.frame_of(function.module, scope), parameter.annotation)

    def _run(self, summary: Summary, scope: Scope | None, bound: Bound) -> None:
        function = summary.function
        own = Scope(function.module, scope)
        frame = Frame(self, function.module, own, summary, function, bound[0] if function.owner and bound else UNKNOWN)
        summary.begun = True
        self._depth += 1
        try:
            for parameter, given in zip(function.parameters, bound, strict=True):
                own.names[parameter.name] = self.parameter(function, scope, parameter, given)
            if isinstance(function.node, ast.Lambda):
                summary.returns = frame.evaluate(function.node.body)
            else:
                statements.execute(frame, function.node.body)
        finally:
            self._depth -= 1

    def _bound(self, module: Module, name: str, binding: Binding) -> Values:
        if isinstance(binding, Imported):
            return self.imported(binding, module)
        if isinstance(binding, ast.FunctionDef | ast.AsyncFunctionDef):
            if binding.name == name:
                return self.decorated(module.function(binding), module.scope)
            # One that says `global name`.
            function = module.function(binding)
            return self.declared(function).shared.get(name, UNKNOWN)
        if isinstance(binding, ast.ClassDef):
            return frozenset({ClassRef(module.class_of(binding))})
        frame = self.frame_of(module)
        statements.execute_head(frame, binding)  # type: ignore[arg-type] # what is left is a statement
        return frame.scope.names.get(name, UNKNOWN)

    def _from_star(self, source: str, name: str, importer: Module) -> Values:
        module = self.sources.find(source, importer)
        return self.name(module, name) if module is not None and module is not importer else UNKNOWN

    def _inherit(self, order: list[Class | str], value: Value) -> None:
        if isinstance(value, ClassRef):
            order.extend(each for each in self.order(value.definition) if each not in order)
        elif isinstance(value, Outside) and value.name not in order:
            order.append(value.name)


@contextmanager
def _deep() -> Iterator[None]:
    """Programs call deeper than Python likes to be called."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 10_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _nobody() -> Function:
    module = Module("", Path(), ast.Module([], []), [], is_package=False)
    return Function(module, ast.Lambda(ast.arguments([], [], None, [], [], None, []), ast.Constant(None)), "", None)


_NOBODY = _nobody()
