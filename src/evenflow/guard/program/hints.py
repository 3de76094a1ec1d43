"""What an annotation says about the objects that a name stands for."""

from __future__ import annotations

import ast
from functools import cache

from evenflow.guard.program.definitions import Class
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import (
    UNKNOWN,
    Alias,
    ClassRef,
    Constant,
    Coroutine,
    Dependency,
    Giving,
    Instance,
    Items,
    Mapped,
    Outside,
    Value,
    Values,
    joined,
)

_EITHER = {"Optional", "Union"}
_INNER = {"ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"}
_ITERATED = {
    *("list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "MutableSequence", "Iterable", "Iterator"),
    *("Collection", "deque", "Deque", "AbstractSet", "Generator", "AsyncGenerator", "AsyncIterator", "AsyncIterable"),
}
_MAPPED = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
_AWAITED = {"Awaitable", "Coroutine", "Future", "Task"}
_NO_CLASS = {"Any", "None", "Self", "Literal", "TypeVar", "object", "Callable", "NoReturn", "Never"}
_PLAIN = ("builtins.", "datetime.", "uuid.", "decimal.", "enum.")
"""Classes of objects that do nothing slow."""
_DEEPEST = 6
"""Annotations inside annotations."""
_HOMES = ("typing", "typing_extensions", "collections", "builtins", "asyncio", "contextlib", "dataclasses")


def objects(frame: Frame, node: ast.expr | None) -> Values:
    """The objects that an annotation allows."""
    return parts(frame, node)[0]


def parts(frame: Frame, node: ast.expr | None) -> tuple[Values, Dependency | None]:
    """The same, and the dependency that an `Annotated` names."""
    reader = frame.reader
    # A type may be made of itself: `Json = dict[str, "Json"]`.
    if node is None or reader.inside_hints >= _DEEPEST:
        return UNKNOWN, None
    reader.inside_hints += 1
    try:
        return instances(frame, frame.evaluate(node))
    finally:
        reader.inside_hints -= 1


def instances(frame: Frame, values: Values) -> tuple[Values, Dependency | None]:
    """Objects of the classes that these values are."""
    found: list[Values] = []
    dependency: Dependency | None = None
    for value in values:
        if isinstance(value, Alias):
            found.append(value.objects)
            dependency = value.dependency or dependency
        elif isinstance(value, ClassRef):
            found.append(frozenset({Instance(value.definition)}))
        elif isinstance(value, Outside):
            name = frame.reader.catalogue.canonical(value.name)
            if name.startswith(_PLAIN):
                continue
            if name.rpartition(".")[2] not in _NO_CLASS:
                found.append(frozenset({Instance(name)}))
            elif name.endswith(".Self"):
                found.append(frame.me)
        elif isinstance(value, Constant) and isinstance(value.value, str):
            written = _parsed(value.value)
            if written is not None:
                more, inner = parts(frame, written)
                found.append(more)
                dependency = inner or dependency
    return joined(*found), dependency


def subscripted(frame: Frame, base: Value, node: ast.Subscript) -> Values | None:  # noqa: C901 - one form each
    """What `Base[...]` stands for where it is an annotation; None where it is none."""
    if isinstance(base, ClassRef):
        return frozenset({base})
    if not isinstance(base, Outside) or base.of is not None:
        return None
    home, _, name = base.name.rpartition(".")
    if home.partition(".")[0] not in _HOMES:
        return frozenset({base}) if name[:1].isupper() else None
    given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Annotated":
        return frozenset({_annotated(frame, given)})
    if name in _EITHER:
        return joined(*map(frame.evaluate, given))
    if name in _INNER:
        return frozenset({Alias(objects(frame, given[0]))})
    if name in ("tuple", "Tuple"):
        exact = tuple(objects(frame, each) for each in given)
        variadic = len(given) > 1 and isinstance(given[-1], ast.Constant) and given[-1].value is ...
        return frozenset({Alias(frozenset({Items(joined(*exact), None if variadic else exact)}))})
    if name in _ITERATED:
        return frozenset({Alias(frozenset({Items(objects(frame, given[0]))}))})
    if name in _MAPPED:
        return frozenset({Alias(frozenset({Mapped(objects(frame, given[-1]))}))})
    if name in ("type", "Type"):
        return frozenset({Alias(frame.evaluate(given[0]))})
    if name in _AWAITED:
        return frozenset({Alias(frozenset({Coroutine(objects(frame, given[-1]))}))})
    if name == "Callable":
        return frozenset({Alias(frozenset({Giving(objects(frame, given[-1]))}))})
    return UNKNOWN if name in _NO_CLASS else frozenset({base})


def _annotated(frame: Frame, given: list[ast.expr]) -> Alias:
    found, dependency = parts(frame, given[0])
    for each in given[1:]:
        for value in frame.evaluate(each):
            if isinstance(value, Dependency):
                # `Depends()` alone means the class itself.
                dependency = value if value.what else Dependency(classes_of(found))
    return Alias(found, dependency)


def classes_of(values: Values) -> Values:
    """The classes of these objects."""
    return frozenset(
        ClassRef(value.of) for value in values if isinstance(value, Instance) and isinstance(value.of, Class)
    )


@cache
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
