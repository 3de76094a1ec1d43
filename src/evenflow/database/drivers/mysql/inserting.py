"""Many sets of arguments for one INSERT, as few statements with many rows each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

LONGEST = 256 * 1024
"""Characters of one statement. Less than any server's max_allowed_packet, and written without a noticeable pause."""

_INSERT = re.compile(
    r"""
    \s* (?P<head> (?:INSERT|REPLACE)\b [^%]*? \bVALUES?\s* )
    (?P<row> \( (?: [^()'"`%] | %s | \( (?: [^()'"`%] | %s )* \) )* \) )
    (?P<tail> \s* (?: (?:AS\s+\w+\s+)? ON\s+DUPLICATE\s+KEY\s+UPDATE\b [^%]* )? ) ;? \s* \Z
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


class Insert(NamedTuple):
    """An INSERT whose only arguments are in its one row."""

    head: str
    row: str
    tail: str


@lru_cache(maxsize=256)
def taken_apart(sql: str) -> Insert | None:
    """The parts of an INSERT that can take more rows; None for everything else."""
    found = _INSERT.match(sql)
    return Insert(found["head"], found["row"], found["tail"]) if found else None


def statements(insert: Insert, sets: Iterable[Sequence[Any]], literal: Callable[[Any], str]) -> Iterator[str]:
    """The statements that insert all sets, each as long as it may be."""
    rows: list[str] = []
    length = 0
    for args in sets:
        row = insert.row % tuple([literal(value) for value in args])
        if rows and length + len(row) > LONGEST:
            yield _joined(insert, rows)
            rows, length = [], 0
        rows.append(row)
        length += len(row) + 1
    if rows:
        yield _joined(insert, rows)


def is_one_statement(sql: str, sets: Sequence[Sequence[Any]]) -> bool:
    """Whether all sets surely fit into one statement."""
    if len(sets) == 1:
        return True
    if taken_apart(sql) is None or len(sets) > 500:
        return False
    widths = [len(value) if isinstance(value, str | bytes) else 20 for args in sets for value in args]
    return 2 * sum(widths) + 20 * len(widths) + len(sql) * len(sets) < LONGEST


def _joined(insert: Insert, rows: list[str]) -> str:
    return f"{insert.head}{','.join(rows)}{insert.tail}"
