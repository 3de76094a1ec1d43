"""What must be there before a table can be made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Sequence, Table, text
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateSequence
from sqlalchemy.sql import ClauseElement


def needed_before(table: Table, dialect: Dialect) -> Iterator[ClauseElement]:
    """PostgreSQL's named types (enums, domains) and sequences of a table; each does nothing where it is there."""
    if dialect.name != "postgresql":
        return
    from sqlalchemy.dialects.postgresql.named_types import NamedType

    for column in table.columns:
        kind: Any = column.type
        inner = getattr(kind, "item_type", kind).dialect_impl(dialect)
        if isinstance(inner, NamedType) and getattr(inner, "create_type", True):
            made = str(_creation(inner).compile(dialect=dialect))
            guarded = f"DO $evenflow$ BEGIN {made}; EXCEPTION WHEN duplicate_object THEN NULL; END $evenflow$"
            yield text(guarded.replace(":", r"\:"))
        if isinstance(column.default, Sequence):
            yield CreateSequence(column.default, if_not_exists=True)


def _creation(named: Any) -> ClauseElement:
    from sqlalchemy.dialects.postgresql import DOMAIN, CreateDomainType, CreateEnumType

    made: ClauseElement = CreateDomainType(named) if isinstance(named, DOMAIN) else CreateEnumType(named)
    return made
