"""A module of a program: which names it binds, and where."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evenflow.guard.program.definitions import Class, Function, Routine, Scope, own_nodes


@dataclass(frozen=True, slots=True)
class Imported:
    """`from module import name as ...`, or `import module as ...` where `name` is None."""

    module: str
    name: str | None


Binding = ast.stmt | Imported | Routine
"""What gives a name its value; a function that says `global name`."""


@dataclass(eq=False)
class Module:
    """A source file."""

    name: str
    file: Path
    tree: ast.Module
    lines: list[str]
    is_package: bool
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    """Modules of which it takes everything."""
    imports: list[Imported] = field(default_factory=list)
    """Every import, wherever it stands."""
    functions: list[Function] = field(default_factory=list)
    """Those that stand in no other function."""
    classes: list[Class] = field(default_factory=list)
    states: dict[str, list[Function]] = field(default_factory=dict)
    """Which functions assign to `….state.name`."""
    _definitions: dict[ast.AST, Function] = field(default_factory=dict)
    _classes: dict[ast.AST, Class] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scope = Scope(self)
        self._bind(self.tree.body)
        for node in ast.walk(self.tree):
            self.imports.extend(self.imported(node))
        self._gather(self.tree.body, None)

    def function(self, node: Routine, owner: Class | None = None, within: Function | None = None) -> Function:
        """The one function that a node of this module is."""
        if node not in self._definitions:
            name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            prefix = owner.name if owner is not None else within.name if within is not None else ""
            self._definitions[node] = Function(self, node, f"{prefix}.{name}" if prefix else name, owner)
        return self._definitions[node]

    def class_of(self, node: ast.ClassDef, scope: Scope | None = None) -> Class:
        """The one class that a node of this module is."""
        if node not in self._classes:
            self._classes[node] = Class(self, node, node.name, scope)
        return self._classes[node]

    def imported(self, node: ast.AST) -> Iterator[Imported]:
        """What an import statement takes from where."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, None)
        elif isinstance(node, ast.ImportFrom):
            source = self.absolute(node)
            for alias in node.names:
                yield Imported(source, alias.name)

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that names are taken from."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        above = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*above, node.module] if node.module else above)

    def line(self, number: int) -> str:
        """A line's text."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def _bind(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            if is_main(statement):
                continue
            for name, binding in bound_by(statement, self):
                self.bindings.setdefault(name, []).append(binding)
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                self.stars.append(self.absolute(statement))
            for block in blocks_of(statement):
                self._bind(block)

    def _gather(self, statements: Iterable[ast.stmt], owner: Class | None) -> None:
        for statement in statements:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                found = self.function(statement, owner)
                self.functions.append(found)
                self._look_into(found)
            elif isinstance(statement, ast.ClassDef):
                inner = self.class_of(statement)
                self.classes.append(inner)
                self._gather(statement.body, inner)
            elif not is_main(statement):
                for block in blocks_of(statement):
                    self._gather(block, owner)

    def _look_into(self, function: Function) -> None:
        for node in ast.walk(function.node):
            if isinstance(node, ast.Global):
                for name in node.names:
                    self.bindings.setdefault(name, []).append(function.node)
            elif _is_state(node):
                self.states.setdefault(node.attr, []).append(function)  # type: ignore[attr-defined] # is an Attribute


def bound_by(statement: ast.stmt, module: Module) -> Iterator[tuple[str, Binding]]:
    """The names that a statement binds, without those inside its blocks."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, statement
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            yield (
                alias.asname or alias.name.partition(".")[0],
                Imported(alias.name if alias.asname else alias.name.partition(".")[0], None),
            )
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name, Imported(module.absolute(statement), alias.name)
    else:
        for node in own_nodes(_Heads(statement)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id, statement


class _Heads(ast.AST):
    """What a statement is made of, apart from its blocks."""

    def __init__(self, statement: ast.stmt) -> None:
        blocks = {id(each) for block in blocks_of(statement) for each in block}
        self.body = [each for each in ast.iter_child_nodes(statement) if id(each) not in blocks]


def blocks_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement that runs where it stands."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if isinstance(block, list) and block:
            yield block
    for each in [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]:
        yield each.body


def is_main(statement: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__":`."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and isinstance(statement.test.left, ast.Name)
        and statement.test.left.id == "__name__"
    )


def _is_state(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "state"
    )
