"""Reading one function, and what is remembered of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from evenflow.guard.program.definitions import Function, Scope
from evenflow.guard.program.values import UNKNOWN, Arguments, Site, Value, Values, joined

if TYPE_CHECKING:
    from evenflow.guard.catalogue import Entry
    from evenflow.guard.program.interpreter import Interpreter
    from evenflow.guard.program.modules import Module

Where = Literal["here", "thread", "loop"]
"""Where the other function runs: in the same thread, in another one, in the event loop's."""


@dataclass(eq=False, slots=True)
class Step:
    """A call of another function of the program."""

    line: int
    last: int
    """The last line of the call: a comment may stand there."""
    to: Summary
    where: Where


@dataclass(eq=False, slots=True)
class Block:
    """A call that blocks."""

    line: int
    last: int
    entry: Entry
    lock: Site | None = None
    """Where the lock is made that it waits for; it blocks only if somebody holds it for long."""


@dataclass(eq=False, slots=True)
class Summary:
    """What a function does when it is called with certain arguments."""

    function: Function
    steps: list[Step] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    returns: Values = UNKNOWN
    yields: Values = UNKNOWN
    writes: dict[str, Values] = field(default_factory=dict)
    """What it assigns to attributes of `self`."""
    shared: dict[str, Values] = field(default_factory=dict)
    """What it assigns to global names, and to `….state`."""
    begun: bool = False


@dataclass(eq=False)
class Frame:
    """The reading of one function's body, or of a statement of a module."""

    reader: Interpreter
    module: Module
    scope: Scope
    summary: Summary
    function: Function | None = None
    me: Values = UNKNOWN
    """The first argument of a method."""
    branches: int = 0
    """How many blocks around the statement may be skipped."""
    globals: set[str] = field(default_factory=set)

    def evaluate(self, node: ast.expr | None, *, awaited: bool = False) -> Values:
        """What an expression stands for; the calls it makes are remembered."""
        return self.reader.evaluate(self, node, awaited=awaited) if node is not None else UNKNOWN

    def call(self, node: ast.AST, values: Values, arguments: Arguments, *, awaited: bool = False) -> Values:
        """What a call of any of these gives."""
        return joined(*[self.reader.call(self, node, each, arguments, awaited=awaited) for each in values])

    def attribute(self, node: ast.AST, values: Values, name: str) -> Values:
        """What an attribute of any of these is."""
        return joined(*[self.reader.attribute(self, node, each, name) for each in values])

    def method(self, node: ast.AST, value: Value, name: str, *arguments: Values) -> Values:
        """What a method gives that Python calls by itself, such as `__enter__`."""
        return self.call(node, self.reader.attribute(self, node, value, name), Arguments(arguments))

    def step(self, node: ast.AST, to: Summary, where: Where = "here") -> None:
        """Remembers that another function is called."""
        line, last = lines_of(node)
        self.summary.steps.append(Step(line, last, to, where))

    def block(self, node: ast.AST, entry: Entry, lock: Site | None = None) -> None:
        """Remembers a call that blocks."""
        line, last = lines_of(node)
        self.summary.blocks.append(Block(line, last, entry, lock))

    def bind(self, name: str, values: Values) -> None:
        """Assigns to a name."""
        if name in self.globals:
            self.summary.shared[name] = joined(self.summary.shared.get(name, UNKNOWN), values)
        elif self.branches:
            self.scope.names[name] = joined(self.scope.names.get(name, UNKNOWN), values)
        else:
            self.scope.names[name] = values


def lines_of(node: ast.AST) -> tuple[int, int]:
    """The line that a traceback shows for a call, and the last of its lines."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.end_lineno or node.lineno, node.end_lineno or node.lineno
    line = getattr(node, "lineno", 0)
    return line, getattr(node, "end_lineno", line) or line
