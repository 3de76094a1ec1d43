"""The functions and classes of a program, as they are written, and the names they can see."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenflow.guard.program.modules import Module
    from evenflow.guard.program.values import Values

Routine = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


_VALIDATORS = {"field_validator", "model_validator", "validator", "root_validator"}


class Scope:
    """The names that a function has bound so far; those around it are its parent's."""

    __slots__ = ("module", "names", "parent")

    def __init__(self, module: Module, parent: Scope | None = None) -> None:
        self.module = module
        self.parent = parent
        self.names: dict[str, Values] = {}

    def find(self, name: str) -> Values | None:
        """What a name stands for; None where no function binds it, so that it is the module's."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of a function's parameters."""

    name: str
    annotation: ast.expr | None
    default: ast.expr | None
    kind: str
    """`plain`, `named` (by keyword only), `*` or `**`."""


@dataclass(eq=False, slots=True)
class Function:
    """A function or a lambda."""

    module: Module
    node: Routine
    name: str
    owner: Class | None
    parameters: tuple[Parameter, ...] = field(init=False)
    is_async: bool = field(init=False)
    generates: bool = field(init=False)
    """Whether it is a generator."""
    stub: bool = field(init=False)
    """Whether it does nothing: somebody else is to write it."""

    def __post_init__(self) -> None:
        self.parameters = tuple(_parameters(self.node.args))
        self.is_async = isinstance(self.node, ast.AsyncFunctionDef)
        self.generates = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own_nodes(self.node))
        self.stub = not isinstance(self.node, ast.Lambda) and all(map(_does_nothing, self.node.body))


@dataclass(eq=False, slots=True)
class Class:
    """A class."""

    module: Module
    node: ast.ClassDef
    name: str
    scope: Scope | None
    """Of the function that it is written in."""
    methods: dict[str, Routine] = field(default_factory=dict)
    fields: dict[str, ast.AnnAssign | ast.Assign] = field(default_factory=dict)
    writers: dict[str, list[Routine]] = field(default_factory=dict)
    """Which methods assign an attribute of `self`."""

    validators: list[str] = field(default_factory=list)
    """The methods that Pydantic calls when an object is made."""

    def __post_init__(self) -> None:
        for statement in self.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                if any(_last_name(each) in _VALIDATORS for each in statement.decorator_list):
                    self.validators.append(statement.name)
                # Of a property's functions the first is the one that reads it.
                if not any(_last_name(each) in ("setter", "deleter", "overload") for each in statement.decorator_list):
                    self.methods[statement.name] = statement
                for name in _attributes_written(statement):
                    self.writers.setdefault(name, []).append(statement)
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                self.fields[statement.target.id] = statement
            elif isinstance(statement, ast.Assign):
                self.fields.update({each.id: statement for each in statement.targets if isinstance(each, ast.Name)})


def own_nodes(routine: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of the functions and classes written in it."""
    body = getattr(routine, "body", [])
    waiting: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    defaults.extend(arguments.defaults)
    for each, default in zip(plain, defaults, strict=True):
        yield Parameter(each.arg, each.annotation, default, "plain")
    if arguments.vararg is not None:
        yield Parameter(arguments.vararg.arg, arguments.vararg.annotation, None, "*")
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield Parameter(each.arg, each.annotation, default, "named")
    if arguments.kwarg is not None:
        yield Parameter(arguments.kwarg.arg, arguments.kwarg.annotation, None, "**")


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _last_name(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")


def _attributes_written(method: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    first = next((each.arg for each in [*method.args.posonlyargs, *method.args.args]), None)
    return {
        node.attr
        for node in own_nodes(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == first
    }
