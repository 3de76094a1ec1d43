"""One SELECT for many values of a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, JSON, Label, Select, any_, bindparam, select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement, ColumnElement

from evenflow.errors import QueryError

_IN_ARRAY = 10_000
"""Keys of one statement that takes them as one array."""
_IN_LIST = 512
"""Keys of one statement that names each: SQLite may be built for no more than 999."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A SELECT to be narrowed to some keys."""

    query: Select[Any]
    key: ColumnElement[Any]
    position: int
    """Where the key stands in a row."""
    as_array: bool
    """Whether all keys go as one argument, so that one statement does for any number of them."""

    def statements(self, keys: Sequence[Any]) -> Iterator[ClauseElement]:
        """The statements that find the rows of all keys."""
        size = _IN_ARRAY if self.as_array else _IN_LIST
        for start in range(0, len(keys), size):
            piece = list(keys[start : start + size])
            if self.as_array:
                array: Any = bindparam("keys", piece, type_=ARRAY(self.key.type), unique=True)
                yield self.query.where(self.key == any_(array))
            else:
                # In a few lengths only, so that there are few texts to prepare and to keep.
                fill = (1 << (len(piece) - 1).bit_length()) - len(piece)
                yield self.query.where(self.key.in_(piece + piece[-1:] * fill))


def searched(query: Any, key: Any, dialect: Dialect) -> Keyed:
    """`query`, a SELECT or what can be selected whole, by `key`, a column it selects. Raises QueryError."""
    chosen = query if isinstance(query, Select) else _whole(query)
    column = getattr(key, "expression", key)
    if not isinstance(column, ColumnElement):
        raise QueryError(f"key is a {type(key).__name__}; it must be a column, such as users.c.id.")
    for position, selected in enumerate(chosen.selected_columns):
        if column in {selected} or (isinstance(selected, Label) and column in {selected.element}):
            return Keyed(chosen, column, position, _takes_array(column, dialect))
    raise QueryError(f"The key column {column} is not among the columns selected; select it too, so that rows have it.")


def _whole(table: Any) -> Select[Any]:
    try:
        return select(table)
    except Exception:  # noqa: BLE001  # SQLAlchemy's own errors show what was given
        kind = type(table).__name__
    raise QueryError(f"A {kind} cannot be searched by keys; give select(...), a Table or a declarative class.")


def _takes_array(column: ColumnElement[Any], dialect: Dialect) -> bool:
    if dialect.name != "postgresql" or isinstance(column.type, ARRAY | JSON):
        return False
    return not (column.type._has_bind_expression or column.type.dialect_impl(dialect)._has_bind_expression)
