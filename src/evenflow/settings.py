"""How a setting is declared and loaded. There are no settings here.

A part declares its settings as a frozen dataclass whose fields are made by `setting()`; `load()`
fills it from a URL's query string and from keyword arguments, and says in a sentence what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from evenflow.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)
else:
    Settings = TypeVar("Settings")

_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def setting(
    default: Any, help: str, *, choices: tuple[str, ...] = (), least: float | None = None, optional: bool = False
) -> Any:
    """A dataclass field that knows what it is for and which values it takes; an `optional` one takes None too."""
    return field(default=default, metadata={"help": help, "choices": choices, "least": least, "optional": optional})


def load(kind: type[Settings], given: Mapping[str, Any], *, source: str) -> Settings:
    """`kind` filled with `given`; strings become numbers and booleans where the field is one.

    Raises ConfigError for an unknown name or a value the setting cannot take.
    """
    known = {each.name: each for each in fields(kind)}
    for name in given:
        if name not in known:
            raise ConfigError(f"{source} has no option {name!r}.{_suggestion(name, list(known))}")
    return kind(**{name: _value(known[name], value, source) for name, value in given.items()})


def _suggestion(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Its options are {', '.join(sorted(known))}."


def _value(each: Field[Any], value: Any, source: str) -> Any:
    if each.default is MISSING:
        return value
    if each.metadata.get("optional") and str(value).lower() == "none":
        return None
    converted = _converted(each, value, source)
    choices, least = each.metadata.get("choices"), each.metadata.get("least")
    if choices and converted not in choices:
        raise ConfigError(f"{source}: {each.name} is {value!r}; it can be {', '.join(choices)}.")
    if least is not None and not converted >= least:  # not `<`, which lets nan pass
        raise ConfigError(f"{source}: {each.name} is {value!r}; it must be at least {least:g}.")
    return converted


def _converted(each: Field[Any], value: Any, source: str) -> Any:
    kind: type = type(each.default)
    if kind is bool:
        word = str(value).lower()
        if word not in _WORDS:
            raise ConfigError(f"{source}: {each.name} is {value!r}; it can be true or false.")
        return _WORDS[word]
    if kind is str:
        return str(value).lower() if each.metadata.get("choices") else str(value)
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{source}: {each.name} is {value!r}; it must be a number.") from None
