"""Where MySQL's binary protocol would give or take another value than its text protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from evenflow.database.plan import Description

SENDABLE: Final = frozenset({int, str, bytes, bool, type(None), datetime, date, time, timedelta})
"""Types that mean the same in both. A list, an enum or an object of another class goes as text, as it always did."""

_NUMBERS: Final = (float, Decimal)
_FLOAT: Final = 4
"""MySQL's FLOAT, of 4 bytes."""
_DECIMALS_UNKNOWN: Final = 31
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def may_go_binary(args: Sequence[Any]) -> bool:
    """Whether these arguments mean the same in both protocols; the question behind `SENDABLE`, answered fully.

    In binary a number that is not finite would become NULL, zero or the largest one there is, without an error.
    """
    return all(type(value) in SENDABLE or (type(value) in _NUMBERS and isfinite(value)) for value in args)


def too_large(args: Sequence[Any]) -> bool:
    """Whether there is an integer of more than 64 bits, which only text can carry."""
    return any(type(value) is int and not _SMALLEST <= value <= _LARGEST for value in args)


def float_columns(description: Description) -> list[tuple[int, int]]:
    """The FLOAT columns of a result: position and decimals."""
    return [(number, column[5]) for number, column in enumerate(description) if column[1] == _FLOAT]


def with_floats_as_text(rows: Sequence[Sequence[Any]], columns: list[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """Rows of the binary protocol with FLOAT as the text protocol has it: 3.14, not 3.140000104904175."""
    changed = []
    for row in rows:
        values = list(row)
        for number, decimals in columns:
            if values[number] is not None:
                values[number] = _as_text(values[number], decimals)
        changed.append(tuple(values))
    return changed


def _as_text(value: float, decimals: int) -> float:
    return float(f"{value:.6g}") if decimals >= _DECIMALS_UNKNOWN else round(value, decimals)
