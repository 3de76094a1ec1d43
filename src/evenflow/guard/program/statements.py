"""Goes through the statements of a function or a module."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from evenflow.guard.program import hints, narrowing, using
from evenflow.guard.program.expressions import assign
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.modules import is_main
from evenflow.guard.program.values import UNKNOWN, ClassRef, Values, joined


def execute(frame: Frame, statements: Iterable[ast.stmt]) -> None:
    """Goes through statements one after the other."""
    for statement in statements:
        execute_one(frame, statement)


def execute_one(frame: Frame, statement: ast.stmt) -> None:  # noqa: C901 - one kind of statement each
    """Goes through one statement and its blocks."""
    if isinstance(statement, ast.If):
        _if(frame, statement)
    elif isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        execute_head(frame, statement)
        _block(frame, [*statement.body, *statement.orelse])
    elif isinstance(statement, ast.With | ast.AsyncWith):
        since = len(frame.summary.steps), len(frame.summary.blocks)
        entered = execute_head(frame, statement)
        execute(frame, statement.body)
        frame.reader.locks.held(frame, entered, statement.body, since)
    elif isinstance(statement, ast.Try | ast.TryStar):
        execute(frame, statement.body)
        for handler in statement.handlers:
            _block(frame, handler.body)
        _block(frame, statement.orelse)
        execute(frame, statement.finalbody)
    elif isinstance(statement, ast.Match):
        frame.evaluate(statement.subject)
        for case in statement.cases:
            frame.evaluate(case.guard)
            _block(frame, case.body)
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        _define(frame, statement)
    elif isinstance(statement, ast.ClassDef):
        _define_class(frame, statement)
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        _import(frame, statement)
    elif isinstance(statement, ast.Global):
        frame.globals.update(statement.names)
    elif isinstance(statement, ast.Return):
        frame.summary.returns = joined(frame.summary.returns, frame.evaluate(statement.value))
    else:
        execute_head(frame, statement)


def execute_head(frame: Frame, statement: ast.stmt) -> Values:
    """Goes through a statement without its blocks. Gives what a `with` enters."""
    if isinstance(statement, ast.Assign):
        values = frame.evaluate(statement.value)
        for target in statement.targets:
            assign(frame, target, values)
    elif isinstance(statement, ast.AnnAssign):
        found = frame.evaluate(statement.value)
        assign(frame, statement.target, found or hints.objects(frame, statement.annotation))
    elif type(statement).__name__ == "TypeAlias":
        # `type Client = requests.Session`, since Python 3.12.
        name, value = (child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr))
        assign(frame, name, frame.evaluate(value))
    elif isinstance(statement, ast.For | ast.AsyncFor):
        asynchronous = isinstance(statement, ast.AsyncFor)
        values = frame.evaluate(statement.iter)
        inner = using.iterated(frame, statement.iter, values, asynchronous=asynchronous)
        assign(frame, statement.target, inner)
    elif isinstance(statement, ast.With | ast.AsyncWith):
        asynchronous = isinstance(statement, ast.AsyncWith)
        return joined(*[_enter(frame, item, asynchronous=asynchronous) for item in statement.items])
    else:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                frame.evaluate(child)
    return UNKNOWN


def _enter(frame: Frame, item: ast.withitem, *, asynchronous: bool) -> Values:
    values = frame.evaluate(item.context_expr, awaited=asynchronous)
    given = [using.entered(frame, item.context_expr, each, asynchronous=asynchronous) for each in values]
    if item.optional_vars is not None:
        assign(frame, item.optional_vars, joined(*given))
    return values


def _if(frame: Frame, statement: ast.If) -> None:
    if is_main(statement):
        return
    frame.evaluate(statement.test)
    known = narrowing.truth(frame, statement.test)
    restricted = narrowing.narrowed(frame, statement.test)
    if known is not False:
        with narrowing.applied(frame, restricted.yes):
            _block(frame, statement.body)
    if known is not True:
        with narrowing.applied(frame, restricted.no):
            _block(frame, statement.orelse)
    if known is True or not _ends(statement.body):
        return
    # What comes after is reached only where the condition did not hold.
    for name, values in restricted.no.items():
        frame.scope.names[name] = values


def _ends(block: list[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _block(frame: Frame, statements: list[ast.stmt]) -> None:
    frame.branches += 1
    try:
        execute(frame, statements)
    finally:
        frame.branches -= 1


def _define(frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    function = frame.module.function(node, None, frame.function)
    scope = frame.scope if frame.function is not None else frame.module.scope
    frame.bind(node.name, frame.reader.decorated(function, scope))


def _define_class(frame: Frame, node: ast.ClassDef) -> None:
    definition = frame.module.class_of(node, frame.scope if frame.function is not None else None)
    frame.bind(node.name, frozenset({ClassRef(definition)}))
    for base in node.bases:
        frame.evaluate(base)
    for method in definition.methods.values():
        # Its decorators may make it a route.
        if getattr(method, "decorator_list", ()):
            function = frame.module.function(method, definition)
            frame.reader.decorated(function, definition.scope or frame.module.scope)


def _import(frame: Frame, node: ast.Import | ast.ImportFrom) -> None:
    if frame.function is None:
        return
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return
    for alias, imported in zip(node.names, frame.module.imported(node), strict=True):
        values = frame.reader.imported(imported, frame.module)
        if isinstance(node, ast.Import) and alias.asname is None:
            # `import a.b` binds `a`.
            top = imported.module.partition(".")[0]
            values = frame.reader.imported(type(imported)(top, None), frame.module)
            frame.bind(top, values)
        else:
            frame.bind(alias.asname or alias.name, values or UNKNOWN)
