"""Pydantic's validators: they run wherever a model is made, so in the loop too, before a route is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from evenflow.guard.program import hints
from evenflow.guard.program.attributes import own_method
from evenflow.guard.program.definitions import Class
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import UNKNOWN, Arguments, ClassRef, Instance, Items, Mapped, Values


def validate(frame: Frame, node: ast.AST, definition: Class) -> None:
    """Calls what is called when a model of this class is made from somebody's data."""
    for each in _models(frame, definition, set()):
        for owner in frame.reader.order(each):
            if not isinstance(owner, Class):
                continue
            for name in owner.validators:
                # After its making the first argument is the model, before that the class.
                first: Values = frozenset({Instance(each), ClassRef(each)})
                frame.call(node, own_method(frame, owner, name), Arguments((first, UNKNOWN)))


def _models(frame: Frame, definition: Class, seen: set[Class]) -> Iterator[Class]:
    """A model and those that are its fields."""
    if definition in seen:
        return
    seen.add(definition)
    yield definition
    for owner in frame.reader.order(definition):
        for field in owner.fields.values() if isinstance(owner, Class) else ():
            if isinstance(field, ast.AnnAssign) and isinstance(owner, Class):
                inner = frame.reader.frame_of(owner.module, owner.scope)
                for each in classes_in(hints.objects(inner, field.annotation)):
                    yield from _models(frame, each, seen)


def classes_in(values: Values) -> Iterator[Class]:
    """The program's classes of these objects, and of what they hold."""
    for value in values:
        if isinstance(value, Instance) and isinstance(value.of, Class):
            yield value.of
        elif isinstance(value, Items):
            yield from classes_in(value.each)
        elif isinstance(value, Mapped):
            yield from classes_in(value.values)
