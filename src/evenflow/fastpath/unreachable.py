"""Which routes no request can reach, because one that is asked before them answers every path and method of theirs.

Pure: the entries of a table in, what was found out. It never says so of a route that can be reached: where it cannot
follow a pattern, it says nothing. Paths with a line break in them are left out of account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from evenflow.fastpath.plan import Entry

_PARAMETER = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?\}")
_UUID = "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"
_TEXTS = {
    "str": re.compile("[^/]+"),
    "path": re.compile(".*"),
    "int": re.compile("[0-9]+"),
    "float": re.compile(r"[0-9]+(\.[0-9]+)?"),
    "uuid": re.compile(_UUID),
}
"""What a parameter of each kind takes, when there is plain text in its place."""
_WITHIN = {
    "str": {"str", "int", "float", "uuid"},
    "path": {"str", "path", "int", "float", "uuid"},
    "int": {"int"},
    "float": {"int", "float"},
    "uuid": {"uuid"},
}
"""What it takes, when there is another parameter in its place."""
_SPANNING = {"str", "path", "int"}
"""Kinds that take, with two texts, also the one after the other."""
_SAMPLE = {"str": "~~", "path": "~~/~~", "int": "7", "float": "7.5", "uuid": "12345678-1234-1234-1234-123456789abc"}

_Atom = tuple[str, str]
"""A character of plain text, as ("", character), or a parameter, as (kind, "")."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A route that answers nothing, and those that answer in its place; as places in the table."""

    index: int
    behind: tuple[int, ...]


def find_unreachable(entries: Sequence[Entry]) -> tuple[Unreachable, ...]:
    """The routes that no request can reach, in the order of the table."""
    shapes = [_atoms(entry) for entry in entries]
    found = []
    for index, shape in enumerate(shapes):
        if shape is None:
            continue
        sample = "".join(_SAMPLE.get(kind, text) for kind, text in shape)
        wider = [
            place for place in range(index) if _could_match(entries[place], sample) and _covers(shapes[place], shape)
        ]
        behind = _answering(entries, wider, entries[index].methods)
        if behind:
            found.append(Unreachable(index, behind))
    return tuple(found)


def _answering(
    entries: Sequence[Entry], wider: Sequence[int], methods: frozenset[str] | None
) -> tuple[int, ...] | None:
    """Those of `wider` that answer all `methods` between them, each the first that does; None if one is left."""
    if methods is None:
        first = next((place for place in wider if entries[place].methods is None), None)
        return None if first is None else (first,)
    behind = set()
    for method in methods:
        first = next((place for place in wider if method in (entries[place].methods or {method})), None)
        if first is None:
            return None
        behind.add(first)
    return tuple(sorted(behind))


def _could_match(entry: Entry, sample: str) -> bool:
    return entry.regex is not None and entry.regex.match(sample) is not None


def _atoms(entry: Entry) -> tuple[_Atom, ...] | None:
    """A path, taken apart; None where only the route itself knows what it matches."""
    if entry.regex is None:
        return None
    atoms: list[_Atom] = []
    end = 0
    for parameter in _PARAMETER.finditer(entry.path):
        kind = parameter[2] or "str"
        if kind not in _TEXTS:
            return None
        atoms += [("", each) for each in entry.path[end : parameter.start()]]
        atoms.append((kind, ""))
        end = parameter.end()
    return (*atoms, *(("", each) for each in entry.path[end:]))


def _covers(wide: tuple[_Atom, ...] | None, narrow: tuple[_Atom, ...]) -> bool:
    """Whether certainly every path of `narrow` is one of `wide`."""
    if wide is None:
        return False

    @cache
    def rest(at: int, there: int) -> bool:
        while at < len(wide) and not wide[at][0]:
            if there == len(narrow) or wide[at] != narrow[there]:
                return False
            at, there = at + 1, there + 1
        if at == len(wide):
            return there == len(narrow)
        kind = wide[at][0]
        ends = range(there if kind == "path" else there + 1, len(narrow) + 1)
        return any(_takes(kind, narrow[there:end]) and rest(at + 1, end) for end in ends)

    return rest(0, 0)


def _takes(kind: str, atoms: Sequence[_Atom]) -> bool:
    """Whether a parameter takes whatever stands in the place of these atoms."""
    if all(not each for each, _ in atoms):
        return _TEXTS[kind].fullmatch("".join(text for _, text in atoms)) is not None
    if len(atoms) > 1 and kind not in _SPANNING:
        return False
    return all(each in _WITHIN[kind] if each else _TEXTS[kind].fullmatch(text) is not None for each, text in atoms)
