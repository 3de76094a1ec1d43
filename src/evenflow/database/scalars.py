"""The values that msgspec and Pydantic write with the same bytes: their types, and the test a value has to pass."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scalar:
    """One type of value."""

    type: type
    test: str
    """An expression over `{v}`: this value is one that Pydantic keeps as it is, and that both write alike."""
    samples: tuple[Any, ...]
    """Values at which two writers would differ, were they to differ."""


_ODD: Final = timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=9, minutes=30))
_MOMENTS: Final = tuple(
    datetime(year, 2, 3, 0, 5, 6, micro, tzinfo=zone)
    for year in (1, 999, 1970, 2024, 9999)
    for micro in (0, 1, 1000, 123400, 999999)
    for zone in (None, UTC, *_ODD)
)
# An offset of seconds is rounded by one and cut by the other.
_ZONE = "({v}.tzinfo is None or {v}.tzinfo is UTC or in_whole_minutes({v}))"

# By the names of Pydantic's core schema. The types are exact: a subclass may write itself otherwise.
SCALARS: Final = {
    "int": Scalar(int, "type({v}) is int", (0, -1, 2**63 - 1, -(2**63), 2**64, -(10**30))),
    "str": Scalar(
        str, "type({v}) is str", (*map(chr, range(0x300)), "\u2028\u2029\ufeff\uffff", "\U0001f600</script>")
    ),
    "bool": Scalar(bool, "{v} is True or {v} is False", (True, False)),
    # Beyond, one writes 1e+16 and the other 1e16. NaN and the infinities compare false, so they go the ordinary way.
    "float": Scalar(
        float,
        "type({v}) is float and -1e16 < {v} and {v} < 1e16",
        (0.0, -0.0, 0.1, 1.5, 9999999999999998.0, 123456789012345.6, 1e15, 1e-4, 1e-5, 1.5e-7, 5e-324),
    ),
    "decimal": Scalar(
        Decimal,
        "type({v}) is Decimal and {v}.is_finite()",
        tuple(map(Decimal, ("0", "-0", "1.10", "0E-8", "1E+5", "1E-10", "12345678901234567890.12345678901", "1E+400"))),
    ),
    "datetime": Scalar(datetime, f"type({{v}}) is datetime and {_ZONE}", _MOMENTS),
    "time": Scalar(time, f"type({{v}}) is time and {_ZONE}", tuple(moment.timetz() for moment in _MOMENTS)),
    "date": Scalar(date, "type({v}) is date", tuple(moment.date() for moment in _MOMENTS)),
    "uuid": Scalar(UUID, "type({v}) in UUIDS", (UUID(int=0), UUID(int=2**128 - 1), UUID(int=0x0123456789ABCDEF << 32))),
}


def names_in_tests() -> dict[str, Any]:
    """What the tests refer to."""
    types = {scalar.type.__name__: scalar.type for scalar in SCALARS.values()}
    return {**types, "UTC": UTC, "UUIDS": _uuids(), "in_whole_minutes": in_whole_minutes}


def in_whole_minutes(moment: datetime | time) -> bool:
    """Whether the offset from UTC is known and has no seconds."""
    offset = moment.utcoffset()
    return offset is not None and not offset.microseconds and not offset.seconds % 60


def _uuids() -> frozenset[type]:
    # asyncpg has a faster UUID of its own, a subclass; without asyncpg nobody can have one.
    pgproto = sys.modules.get("asyncpg.pgproto.pgproto")
    faster = getattr(pgproto, "UUID", UUID)
    return frozenset({UUID, faster})


@lru_cache
def alike(scalar: Scalar) -> bool:
    """Whether the installed msgspec and the installed Pydantic write this type with the same bytes.

    What each library writes is its own affair and may change with a version; so it is looked at, once a process.
    """
    import msgspec
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(scalar.type)
    passes: Callable[[Any], bool] = eval(f"lambda v: {scalar.test.format(v='v')}", names_in_tests())
    samples: list[Any] = [*scalar.samples]
    if scalar.type is UUID:
        samples += [kind(str(sample)) for kind in _uuids() for sample in scalar.samples]
    return all(
        adapter.validate_python(sample) is sample and adapter.dump_json(sample) == msgspec.json.encode(sample)
        for sample in samples
        if passes(sample)
    )
