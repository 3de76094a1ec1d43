"""What a text of SQL does, told from its words. Pure: nothing is parsed beyond what the answer needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from evenflow.database.plan import Kind

_TOKEN: Final = re.compile(
    r"""
      --[^\n]*                            # comments
    | /\*.*?(?:\*/|\Z)
    | '(?:[^']|'')*(?:'|\Z)               # strings and quoted names
    | "(?:[^"]|"")*(?:"|\Z)
    | `[^`]*(?:`|\Z)
    | \[[^\]]*(?:\]|\Z)
    | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | [:@$]\w+                            # named values
    | (?P<paren>[()])
    | (?P<word>[^\W\d]\w*)
    """,
    re.DOTALL | re.VERBOSE,
)

_READS: Final = frozenset({"SELECT", "VALUES"})
_WRITES: Final = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_CONTROLS: Final = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"})


class _Word(NamedTuple):
    text: str
    depth: int
    opens: bool
    """The word comes right after an opening parenthesis."""


def classify(sql: str) -> Kind:
    """Where this text may run."""
    words = _words(sql)
    first = next(words, None)
    if first is None:
        return Kind.ALONE
    second = next(words, None)
    match first.text:
        case "WITH":
            return _after_with(_words(sql))
        case "EXPLAIN":
            # PostgreSQL's EXPLAIN ANALYZE runs the statement.
            return Kind.ALONE if second is not None and second.text == "ANALYZE" else Kind.READ
        case "START":
            return Kind.CONTROL if second is not None and second.text == "TRANSACTION" else Kind.ALONE
        case word if word in _CONTROLS:
            return Kind.CONTROL
        case word:
            return _by_verb(word)


def returns_rows(sql: str, kind: Kind) -> bool:
    """Whether the statement itself asks for rows."""
    if kind is Kind.READ:
        return True
    if kind is Kind.CONTROL:
        return False
    if kind is Kind.WRITE:
        return any(word.text == "RETURNING" and word.depth == 0 for word in _words(sql))
    return _first(sql) in {"PRAGMA", "EXPLAIN"}


def is_insert(sql: str) -> bool:
    """Whether the statement adds rows: INSERT or REPLACE, also after a WITH."""
    if _first(sql) == "WITH":
        return _verb_after_with(_words(sql)) in {"INSERT", "REPLACE"}
    return _first(sql) in {"INSERT", "REPLACE"}


def updates_on_conflict(sql: str) -> bool:
    """Whether an INSERT changes the row that is already there instead."""
    outer = [word.text for word in _words(sql) if word.depth == 0]
    pairs = set(pairwise(outer))
    return ("DO", "UPDATE") in pairs or ("DUPLICATE", "KEY") in pairs


def _after_with(words: Iterator[_Word]) -> Kind:
    changes = False
    for word in words:
        # PostgreSQL lets a CTE itself insert, update or delete.
        changes = changes or (word.opens and word.text in _WRITES - {"REPLACE"})
        if word.depth == 0 and word.text in _READS | _WRITES:
            return Kind.WRITE if changes else _by_verb(word.text)
    return Kind.ALONE


def _verb_after_with(words: Iterator[_Word]) -> str | None:
    verbs = _READS | _WRITES
    return next((word.text for word in words if word.depth == 0 and word.text in verbs), None)


def _by_verb(word: str) -> Kind:
    if word in _READS:
        return Kind.READ
    return Kind.WRITE if word in _WRITES else Kind.ALONE


def _first(sql: str) -> str | None:
    word = next(_words(sql), None)
    return word.text if word is not None else None


def _words(sql: str) -> Iterator[_Word]:
    depth = 0
    opens = False
    for token in _TOKEN.finditer(sql):
        if paren := token["paren"]:
            depth += 1 if paren == "(" else -1
            opens = paren == "("
        elif word := token["word"]:
            yield _Word(word.upper(), depth, opens)
            opens = False
