"""Which route answers: the first that matches in the order of declaration, at a cost that does not grow with them.

Paths are split at their slashes and walked down a tree of segments. What comes out are all routes that can match,
sorted; only these are asked. A route with a parameter that is no whole segment, or spans several, hangs where its last
plain segment ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evenflow.fastpath.plan import Entry

_WHOLE_SEGMENT = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)(?::(str|int|float|uuid))?\}")


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    ends: list[int] = field(default_factory=list)
    """Routes whose path ends here."""
    open: list[int] = field(default_factory=list)
    """Routes whose path goes on from here in a way that only their own pattern knows."""


@dataclass(slots=True)  # hot: bench_fastpath: one a request, and freezing it costs as much as making it
class Match:
    """A route that answers, and the parameters in its path."""

    index: int
    parameters: dict[str, Any]


class Nothing:
    """No route has this path, with any method."""


NOTHING: Final = Nothing()


class Table:
    """The routes of an app, to be looked up by method and path."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        opaque = (index for index, entry in enumerate(entries) if entry.regex is None)
        barrier = next(opaque, len(entries))
        self._closed = barrier == len(entries)
        self._entries = entries[:barrier]
        self._slots = [_slots(entry) for entry in self._entries]
        self._root = _Node()
        for index, entry in enumerate(self._entries):
            self._insert(index, entry.path.split("/"))
        self._literal: dict[tuple[str, str], int] = {}
        """What answers the paths that routes without parameters have."""
        self._know_literal()

    def find(self, method: str, path: str) -> Match | Nothing | None:
        """The route that answers; `NOTHING` if provably none has this path; None if only FastAPI can tell.

        Raises whatever a convertor of the path raises, such as ValueError for an integer of too many digits.
        """
        known = self._literal.get((method, path))  # hot: bench_fastpath
        if known is not None:
            return Match(known, {})
        segments = path.split("/")
        candidates = self._candidates(segments)
        partly = False
        for index in candidates:
            entry = self._entries[index]
            parameters = self._parameters(index, segments, path)
            if parameters is None:
                continue
            if entry.methods is None or method in entry.methods:
                return Match(index, parameters)
            partly = True
        return NOTHING if self._closed and not partly else None

    def _know_literal(self) -> None:
        asked = [
            (method, entry.path) for entry in self._entries if "{" not in entry.path for method in entry.methods or ()
        ]
        for method, path in asked:
            found = self.find(method, path)
            if type(found) is Match and not found.parameters:
                self._literal[method, path] = found.index

    def _parameters(self, index: int, segments: Sequence[str], path: str) -> dict[str, Any] | None:
        slots = self._slots[index]
        if slots is not None:
            return {name: segments[place] for name, place in slots}
        entry = self._entries[index]
        assert entry.regex is not None
        match = entry.regex.match(path)
        if match is None:
            return None
        return {name: entry.convertors[name].convert(value) for name, value in match.groupdict().items()}

    def _candidates(self, segments: Sequence[str]) -> list[int]:
        found: list[int] = []
        level = [self._root]
        for segment in segments:
            below = []
            for node in level:
                if node.open:
                    found += node.open
                child = node.literal.get(segment)
                if child is not None:
                    below.append(child)
                if node.parameter is not None and segment:
                    below.append(node.parameter)
            if not below:
                break
            level = below
        else:
            for node in level:
                found += node.ends
                found += node.open
        if len(found) > 1:
            found.sort()
        return found

    def _insert(self, index: int, segments: Iterable[str]) -> None:
        node = self._root
        for segment in segments:
            if "{" not in segment and "}" not in segment:
                node = node.literal.setdefault(segment, _Node())
            elif _WHOLE_SEGMENT.fullmatch(segment):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node.open.append(index)
                return
        node.ends.append(index)


def _slots(entry: Entry) -> tuple[tuple[str, int], ...] | None:
    """Where each parameter stands among the segments, for a path of plain words and texts; None for any other."""
    slots = []
    for place, segment in enumerate(entry.path.split("/")):
        if "{" not in segment and "}" not in segment:
            continue
        whole = _WHOLE_SEGMENT.fullmatch(segment)
        if whole is None or whole[2] not in (None, "str"):
            return None
        slots.append((whole[1], place))
    return tuple(slots)
