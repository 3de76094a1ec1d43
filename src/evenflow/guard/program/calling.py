"""What happens where something is called."""

from __future__ import annotations

import ast

from evenflow.guard.program import outside, registering
from evenflow.guard.program.binding import bound
from evenflow.guard.program.definitions import Class
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.using import elsewhere
from evenflow.guard.program.validators import validate
from evenflow.guard.program.values import (
    UNKNOWN,
    Arguments,
    ClassRef,
    Coroutine,
    FunctionRef,
    Giving,
    Instance,
    Manager,
    Managing,
    Moved,
    Outside,
    Partial,
    Registering,
    Value,
    Values,
    joined,
    telling_arguments,
)


def call(  # noqa: C901 - one kind of value each
    frame: Frame, node: ast.AST, value: Value, arguments: Arguments, *, awaited: bool = False
) -> Values:
    """What calling a value gives; who is called is remembered in the frame."""
    if isinstance(value, FunctionRef):
        return _function(frame, node, value, arguments)
    if isinstance(value, Partial):
        given = value.arguments
        more = Arguments(given.plain + arguments.plain, given.named + arguments.named)
        return call(frame, node, value.what, more, awaited=awaited)
    if isinstance(value, Outside):
        return outside.call(frame, node, value, arguments, awaited=awaited)
    if isinstance(value, ClassRef):
        return _construct(frame, node, value.definition, arguments)
    if isinstance(value, Manager):
        return call(frame, node, value.what, arguments)
    if isinstance(value, Moved):
        return frozenset({Coroutine(elsewhere(frame, node, frozenset({value.what}), arguments, "thread"))})
    if isinstance(value, Giving):
        return value.result
    if isinstance(value, Instance):
        return frame.call(node, frame.reader.attribute(frame, node, value, "__call__"), arguments, awaited=awaited)
    if isinstance(value, Registering):
        for each in arguments.at(0, "func"):
            registering.register(frame, value, each, each)
        return arguments.at(0, "func")
    return UNKNOWN


def _function(frame: Frame, node: ast.AST, value: FunctionRef, arguments: Arguments) -> Values:
    function = value.definition
    given = bound(function, arguments)
    summary = frame.reader.summary(function, value.scope, given)
    if function.owner is not None and given and given[0] & frame.me:
        # What a constructor has others assign, above all the one of its base class.
        for name, values in summary.writes.items():
            frame.summary.writes[name] = joined(frame.summary.writes.get(name, UNKNOWN), values)
    if function.generates:
        return frozenset({Managing(summary)})
    frame.step(node, summary)
    result = frame.reader.result(summary)
    return frozenset({Coroutine(result, summary)}) if function.is_async else result


def _construct(frame: Frame, node: ast.AST, definition: Class, arguments: Arguments) -> Values:
    order = frame.reader.order(definition)
    made = Instance(definition, telling_arguments(arguments), registering.site_of(frame, node, definition))
    registering.made(frame, made, arguments)
    for name in ("__init__", "__post_init__"):
        owner = next((each for each in order if isinstance(each, str) or name in each.methods), None)
        if isinstance(owner, Class):
            given = arguments if name == "__init__" else Arguments()
            frame.call(node, frame.reader.attribute(frame, node, made, name), given)
        elif owner is not None and name == "__init__":
            outside.blocks(frame, node, owner, arguments)
    if any(isinstance(each, Class) and each.validators for each in order):
        validate(frame, node, definition)
    return frozenset({made})
