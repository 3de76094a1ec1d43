"""Which argument of a call goes to which parameter."""

from __future__ import annotations

from evenflow.guard.program.definitions import Function
from evenflow.guard.program.values import UNKNOWN, Arguments, Items, Mapped, Values, joined


def bound(function: Function, arguments: Arguments) -> tuple[Values, ...]:
    """What each parameter is given; empty where nothing is known of it."""
    plain = list(arguments.plain)
    named = dict(arguments.named)
    found: list[Values] = []
    for parameter in function.parameters:
        if parameter.kind == "*":
            found.append(frozenset({Items(joined(*plain), tuple(plain))}) if plain else UNKNOWN)
            plain.clear()
        elif parameter.kind == "**":
            rest = tuple((name, values) for name, values in named.items() if values)
            found.append(frozenset({Mapped(joined(*named.values()), rest)}) if rest else UNKNOWN)
        elif parameter.kind == "plain" and plain:
            found.append(plain.pop(0))
            named.pop(parameter.name, None)
        else:
            found.append(named.pop(parameter.name, UNKNOWN))
    return tuple(found)
