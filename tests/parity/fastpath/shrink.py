"""Makes a play that shows a mismatch as small as it goes, by leaving out what is not needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from itertools import islice
from typing import Any

from .spec import Play

TRIES = 1500
"""Plays that are tried at most."""
Shows = Callable[[Play], bool]


def smaller(value: Any) -> Iterator[Any]:
    """Values like `value` with one thing less: the big steps first."""
    if isinstance(value, tuple):
        if len(value) > 3:
            half = len(value) // 2
            yield value[half:]
            yield value[:half]
        for i in range(len(value)):
            yield value[:i] + value[i + 1 :]
        # Pairs, as of a header, stay pairs.
        for i, item in ((i, item) for i, item in enumerate(value) if is_dataclass(item)):
            yield from (value[:i] + (less,) + value[i + 1 :] for less in smaller(item))
    elif is_dataclass(value):
        yield from smaller_dataclass(value)


def smaller_dataclass(value: Any) -> Iterator[Any]:
    for field in fields(value):
        now = getattr(value, field.name)
        if field.default is not MISSING and now != field.default:
            yield replace(value, **{field.name: field.default})
    for field in fields(value):
        now = getattr(value, field.name)
        yield from (replace(value, **{field.name: less}) for less in smaller(now))


def shrink(play: Play, shows: Shows) -> Play:
    """The smallest play found that still `shows` what `play` does."""
    tries, changed = 0, True
    while changed:
        changed, place = False, 0
        # After a step that worked, what comes next is tried next: what did not work before seldom does now.
        while (candidate := next(islice(smaller(play), place, None), None)) is not None:
            tries += 1
            if tries > TRIES:
                return play
            if shows(candidate):
                play, changed = candidate, True
            else:
                place += 1
    return play
