"""Calls of what is not the program's: which block, and what they give."""

from __future__ import annotations

import ast

from evenflow.guard.program import known, locks, registering
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.harmless import harmless
from evenflow.guard.program.values import (
    UNKNOWN,
    Arguments,
    Constant,
    Instance,
    Items,
    Managing,
    Outside,
    Site,
    Value,
    Values,
)

_FILES = "io."
"""The classes of open files: going through one reads it."""


def call(frame: Frame, node: ast.AST, value: Outside, arguments: Arguments, *, awaited: bool) -> Values:
    """What the call gives; if it blocks, the frame is told."""
    name = frame.reader.catalogue.canonical(value.name)
    if isinstance(value.of, Instance):
        registered = registering.called(frame, value.of, name, arguments)
        if registered is not None:
            return registered
    registering.standalone(frame, name, arguments)
    if not awaited:
        # What can be awaited does not block, whatever its name.
        blocks(frame, node, name, arguments, value.of)
    found = known.call(frame, node, name, arguments)
    if found is not None:
        return found
    _hand_over(frame, node, arguments)
    return _given(frame, node, name, value, arguments)


def blocks(frame: Frame, node: ast.AST, name: str, arguments: Arguments, of: Instance | None = None) -> None:
    """Remembers the call if the catalogue says that it blocks."""
    catalogue = frame.reader.catalogue
    # Builtins are listed as people write them.
    entry = catalogue.call(name) or catalogue.call(name.removeprefix("builtins."))
    owner, _, last = name.rpartition(".")
    if last.startswith("__") and entry is not None and catalogue.call(f"{owner}.?") is not None:
        entry = None  # an entry for every method says nothing about the ones that Python calls
    lock = None
    if last == "__enter__" and owner in locks.KINDS:
        entry = entry or catalogue.call(f"{owner}.acquire")
        lock = of.site if of is not None else None
        if lock is None:
            return  # who holds it, and for how long, is not known
    if entry is None and last == "__next__" and owner.startswith(_FILES):
        entry = catalogue.call(f"{owner}.readline")
    if entry is not None and not harmless(frame, node, name, arguments, of):
        frame.block(node, entry, lock)


def _given(frame: Frame, node: ast.AST, name: str, value: Outside, arguments: Arguments) -> Values:
    catalogue = frame.reader.catalogue
    kind = catalogue.returns(name) or catalogue.returns(name.removeprefix("builtins."))
    owner, _, last = name.rpartition(".")
    if kind is None:
        if last in ("__enter__", "__aenter__", "__iter__", "__next__", "__exit__", "__aexit__"):
            return UNKNOWN
        if last[:1].isupper() and value.of is None:
            kind = name
        elif last.startswith("from_") and owner.rpartition(".")[2][:1].isupper():
            kind = owner
    if kind is None:
        return UNKNOWN
    instance = Instance(kind, _constants(arguments), _site(frame, node, kind))
    registering.made(frame, instance, arguments)
    return frozenset({instance})


def _site(frame: Frame, node: ast.AST, kind: str) -> Site | None:
    if kind in locks.KINDS:
        return str(frame.module.file), getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    return registering.site_of(frame, node, kind)


def _constants(arguments: Arguments) -> Arguments:
    """Only what is written in the call: how long a queue may be."""
    kept = [(name, _plain(values)) for name, values in arguments.named]
    return Arguments(tuple(map(_plain, arguments.plain)), tuple(kept))


def _plain(values: Values) -> Values:
    return frozenset(value for value in values if isinstance(value, Constant) and not isinstance(value.value, str))


def _hand_over(frame: Frame, node: ast.AST, arguments: Arguments) -> None:
    """An asynchronous generator that is given away runs in the loop; any other does not have to."""
    for value in arguments.every:
        _run_if_asynchronous(frame, node, value)
        if isinstance(value, Items):
            for each in value.each:
                _run_if_asynchronous(frame, node, each)


def _run_if_asynchronous(frame: Frame, node: ast.AST, value: Value) -> None:
    if isinstance(value, Managing) and value.summary.function.is_async:
        frame.step(node, value.summary)
