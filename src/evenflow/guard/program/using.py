"""What is done with objects beside calling them: entering, iterating, having somebody else call them."""

from __future__ import annotations

import ast

from evenflow.guard.program.frame import Frame, Where
from evenflow.guard.program.values import (
    UNKNOWN,
    Arguments,
    Coroutine,
    Instance,
    Items,
    Managing,
    Outside,
    Value,
    Values,
    joined,
)


def elsewhere(frame: Frame, node: ast.AST, values: Values, arguments: Arguments, where: Where) -> Values:
    """The same where another thread, or the loop, makes the call."""
    aside = frame.reader.frame_of(frame.module, frame.scope)
    found = aside.call(node, values, arguments)
    for step in aside.summary.steps:
        step.where = where
        frame.summary.steps.append(step)
    for each in found:
        if isinstance(each, Managing) and each.summary.function.is_async:
            frame.step(node, each.summary, where)
    return joined(*[each.result if isinstance(each, Coroutine) else frozenset({each}) for each in found])


def depended(frame: Frame, what: Values) -> Values:
    """What a framework passes on from a dependency: what is returned, awaited or yielded."""
    found = []
    for value in frame.call(ast.Pass(), what, Arguments()):
        if isinstance(value, Coroutine):
            found.append(value.result)
        elif isinstance(value, Managing):
            found.append(value.summary.yields)
        else:
            found.append(frozenset({value}))
    return joined(*found)


def iterated(frame: Frame, node: ast.AST, values: Values, *, asynchronous: bool = False) -> Values:
    """What iterating gives, one by one; a generator runs meanwhile."""
    return joined(*[_iterated(frame, node, value, asynchronous=asynchronous) for value in values])


def entered(frame: Frame, node: ast.AST, value: Value, *, asynchronous: bool) -> Values:
    """What `with value as ...` gives."""
    if isinstance(value, Managing):
        frame.step(node, value.summary)
        return value.summary.yields
    if isinstance(value, Coroutine):
        return value.result
    if isinstance(value, Outside):
        return joined(*[entered(frame, node, each, asynchronous=asynchronous) for each in object_of(frame, value)])
    if not isinstance(value, Instance):
        return UNKNOWN
    found = frame.method(node, value, "__aenter__" if asynchronous else "__enter__")
    frame.method(node, value, "__aexit__" if asynchronous else "__exit__", UNKNOWN, UNKNOWN, UNKNOWN)
    given = joined(*[each.result if isinstance(each, Coroutine) else frozenset({each}) for each in found])
    # Most give themselves.
    return given or frozenset({value})


def _iterated(frame: Frame, node: ast.AST, value: Value, *, asynchronous: bool) -> Values:
    if isinstance(value, Items):
        return value.each
    if isinstance(value, Managing):
        frame.step(node, value.summary)
        return value.summary.yields
    if isinstance(value, Outside):
        return iterated(frame, node, object_of(frame, value))
    if not isinstance(value, Instance):
        return UNKNOWN
    first, following = ("__aiter__", "__anext__") if asynchronous else ("__iter__", "__next__")
    begun = frame.method(node, value, first)
    found = [frame.method(node, value, following)]
    for each in begun:
        if isinstance(each, Managing | Items):
            found.append(_iterated(frame, node, each, asynchronous=asynchronous))
        elif isinstance(each, Instance) and each != value:
            found.append(frame.method(node, each, following))
    every = joined(*found)
    return joined(*[each.result if isinstance(each, Coroutine) else frozenset({each}) for each in every])


def object_of(frame: Frame, value: Outside) -> Values:
    """The object that something is, where it is used as one."""
    catalogue = frame.reader.catalogue
    kind = catalogue.returns(value.name) or catalogue.returns(value.name.removeprefix("builtins."))
    return frozenset({Instance(kind)}) if kind is not None else UNKNOWN
