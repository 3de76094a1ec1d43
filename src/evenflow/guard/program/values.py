"""What a name or an expression of a program can stand for, as far as reading it tells.

An expression stands for a set of these; an empty set says that nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from evenflow.guard.program.definitions import Class, Function, Scope

if TYPE_CHECKING:
    from evenflow.guard.program.frame import Summary
    from evenflow.guard.program.modules import Module

Site: TypeAlias = tuple[str, int, int]
"""Where an object is made."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, a number, True or False."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Outside:
    """A module, class, function or method that is not the program's, by its full name."""

    name: str
    of: Instance | None = None
    """The object that it is a method of."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A module of the program."""

    module: Module


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class of the program."""

    definition: Class


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function of the program."""

    definition: Function
    scope: Scope
    """The names around it."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call passes."""

    plain: tuple[Values, ...] = ()
    named: tuple[tuple[str, Values], ...] = ()

    def at(self, place: int, name: str) -> Values:
        """The argument that has this place or this name."""
        if len(self.plain) > place:
            return self.plain[place]
        return dict(self.named).get(name, UNKNOWN)

    def keyword(self, name: str) -> Values:
        """The argument that is passed by this name."""
        return dict(self.named).get(name, UNKNOWN)

    @property
    def every(self) -> Values:
        """All of them together."""
        return UNKNOWN.union(*self.plain, *(values for _, values in self.named))


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class: one of the program's, or another one by its full name."""

    of: Class | str
    made: Arguments | None = None
    """What it was made with; None where it may also be of a subclass."""
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """Something to call with arguments that are there already: a bound method too."""

    what: Value
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Above:
    """What `super()` gives."""

    definition: Class
    instance: Instance | ClassRef


@dataclass(frozen=True, slots=True)
class Moved:
    """Calling it has a thread call the other."""

    what: Value


@dataclass(frozen=True, slots=True)
class Manager:
    """A generator function that was made a context manager."""

    what: Value


@dataclass(frozen=True, slots=True)
class Managing:
    """Such a context manager, or a generator: its function runs when it is entered or iterated over."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class Coroutine:
    """What awaiting gives; of a call of a coroutine function, of a task, of a future."""

    result: Values
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Giving:
    """A callable of which only the result is known."""

    result: Values


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple, set or anything else that is iterated over."""

    each: Values
    exact: tuple[Values, ...] | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """A dict."""

    values: Values
    known: tuple[tuple[str, Values], ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """What an annotation says: objects of these classes, and what a framework puts there."""

    objects: Values
    dependency: Dependency | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """`Depends(what)`; of what the annotation says where it is empty."""

    what: Values


@dataclass(frozen=True, slots=True)
class Registering:
    """A decorator that makes a function a part of an app: `app.get("/")`."""

    owner: Site | None
    what: str
    arguments: Arguments


Value: TypeAlias = (
    Constant
    | Outside
    | Inside
    | ClassRef
    | FunctionRef
    | Instance
    | Partial
    | Above
    | Moved
    | Manager
    | Managing
    | Coroutine
    | Giving
    | Items
    | Mapped
    | Alias
    | Dependency
    | Registering
)
Values: TypeAlias = frozenset[Value]

UNKNOWN: Values = frozenset()

_MOST = 12
"""Of what an expression can stand for; more says little and costs much."""
_DEEPEST = 3
"""Arguments of arguments of arguments that tell one call from another."""


def joined(*several: Values) -> Values:
    """All of what several expressions can stand for."""
    found = UNKNOWN.union(*several)
    if len(found) <= _MOST:
        return found
    telling = [value for value in found if not isinstance(value, Constant)]
    return frozenset(telling[:_MOST])


def text_in(values: Values) -> str | None:
    """The text that these are, if they are one."""
    texts = sorted(value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str))
    return texts[0] if texts else None


def telling(values: Values, depth: int = 0) -> Values:
    """The same without what makes no difference to what is called: texts, numbers, arguments deep inside."""
    if not values or all(type(value) in _TELLING for value in values):
        return values
    found = frozenset(kept for value in values if (kept := _telling(value, depth)) is not None)
    # True or false is as good as not known.
    return found if len(found) == 1 else frozenset(value for value in found if not isinstance(value, Constant))


def telling_arguments(arguments: Arguments, depth: int = 0) -> Arguments:
    """The same of a call's arguments."""
    return Arguments(
        tuple(telling(each, depth) for each in arguments.plain),
        tuple((name, telling(each, depth)) for name, each in arguments.named),
    )


_TELLING = frozenset({Outside, Inside, ClassRef, FunctionRef, Managing, Manager, Moved, Giving})
"""Kinds of which everything makes a difference."""


def _telling(value: Value, depth: int) -> Value | None:
    if isinstance(value, Constant):
        return value if isinstance(value.value, bool) and not depth else None
    if isinstance(value, Instance) and value.made is not None and isinstance(value.of, Class):
        made = telling_arguments(value.made, depth + 1) if depth < _DEEPEST else Arguments()
        return Instance(value.of, made, value.site)
    if isinstance(value, Items):
        if depth >= _DEEPEST:
            return None
        exact = None if value.exact is None else tuple(telling(each, depth + 1) for each in value.exact)
        each = telling(value.each, depth + 1)
        return Items(each, exact) if each else None
    if isinstance(value, Mapped):
        values = telling(value.values, depth + 1) if depth < _DEEPEST else UNKNOWN
        known = tuple((key, telling(each, depth + 1)) for key, each in value.known)
        return Mapped(values, tuple((key, each) for key, each in known if each)) if values else None
    if isinstance(value, Partial) and depth >= _DEEPEST:
        return Partial(value.what, Arguments())
    return value
