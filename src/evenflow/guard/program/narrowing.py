"""What a condition says about the names in it: `isinstance(client, AsyncClient)`, `iscoroutinefunction(function)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from evenflow.guard.program import hints
from evenflow.guard.program.definitions import Class
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import Coroutine, FunctionRef, Instance, Items, Outside, Partial, Value, Values


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What names stand for where a condition holds, and where it does not."""

    yes: dict[str, Values] = field(default_factory=dict)
    no: dict[str, Values] = field(default_factory=dict)


def truth(frame: Frame, test: ast.expr) -> bool | None:
    """Whether a condition certainly holds, or certainly does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(frame, test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Constant):
        return bool(test.value)
    asked = _asked(frame, test)
    if asked is None:
        return None
    answers = {_answer(frame, each, asked) for each in frame.evaluate(asked.about)}
    return answers.pop() if len(answers) == 1 else None


def narrowed(frame: Frame, test: ast.expr) -> Narrowed:
    """What a condition says about a name."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = narrowed(frame, test.operand)
        return Narrowed(inner.no, inner.yes)
    asked = _asked(frame, test)
    if asked is None or not isinstance(asked.about, ast.Name):
        return Narrowed()
    values = frame.evaluate(asked.about)
    answers = {each: _answer(frame, each, asked) for each in values}
    yes = frozenset(each for each in values if answers[each] is not False)
    no = frozenset(each for each in values if answers[each] is not True)
    return Narrowed({asked.about.id: yes}, {asked.about.id: no}) if values else Narrowed()


@contextmanager
def applied(frame: Frame, names: dict[str, Values]) -> Iterator[None]:
    """For the time of a block, names stand for this."""
    before = {name: frame.scope.names[name] for name in names if name in frame.scope.names}
    frame.scope.names.update({name: names[name] for name in before})
    try:
        yield
    finally:
        for name, values in before.items():
            frame.scope.names[name] = frame.scope.names[name] | values


@dataclass(frozen=True, slots=True)
class _Asked:
    about: ast.expr
    classes: Values | None
    """None where it is asked whether calling it gives something to await."""


def _asked(frame: Frame, test: ast.expr) -> _Asked | None:
    if not isinstance(test, ast.Call) or not test.args:
        return None
    called = test.func.attr if isinstance(test.func, ast.Attribute) else getattr(test.func, "id", "")
    if called in ("iscoroutinefunction", "is_async_callable", "isawaitable", "iscoroutine"):
        return _Asked(test.args[0], None)
    if called == "isinstance" and len(test.args) == 2:
        values = frame.evaluate(test.args[1])
        several = [each.each for each in values if isinstance(each, Items)]
        return _Asked(test.args[0], hints.instances(frame, values.union(*several))[0])
    return None


def _answer(frame: Frame, value: Value, asked: _Asked) -> bool | None:
    if asked.classes is None:
        return _awaitable(frame, value)
    if not isinstance(value, Instance):
        return None
    for wanted in asked.classes:
        if isinstance(wanted, Instance):
            if wanted.of == value.of:
                return True
            if isinstance(value.of, Class) and wanted.of in frame.reader.order(value.of):
                return True
    known = (
        value.made is not None
        and bool(asked.classes)
        and (
            isinstance(value.of, str)
            or all(isinstance(each, Instance) and isinstance(each.of, Class) for each in asked.classes)
        )
    )
    return False if known else None


def _awaitable(frame: Frame, value: Value) -> bool | None:
    if isinstance(value, Partial):
        return _awaitable(frame, value.what)
    if isinstance(value, FunctionRef):
        return value.definition.is_async
    if isinstance(value, Coroutine):
        return True
    if isinstance(value, Outside):
        return False if frame.reader.catalogue.call(value.name) is not None else None
    return None
