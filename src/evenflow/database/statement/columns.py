"""The columns of a result: their names, their types, and the objects that may ask for them.

Follows the rules by which SQLAlchemy's own cursor result matches a cursor's description with a statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Alias, Column, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import NullType, TypeEngine

from evenflow.database.rows import Processor

_UNTYPED: TypeEngine[Any] = NullType()


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column the statement promises."""

    name: str
    type: TypeEngine[Any]
    objects: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ColumnsRead:
    """The columns of one result."""

    names: list[str]
    processors: list[Processor | None]
    keys: Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement says about its result before it runs."""

    columns: tuple[ResultColumn, ...] = ()
    by_position: bool = False
    """The compiled statement wrote every column itself."""
    texts_by_position: bool = False
    """`text().columns(...)` listed the columns in their order."""
    ad_hoc: bool = False
    """A text whose columns SQLAlchemy could list; by position where the number fits."""
    loose: bool = False
    """Names of the columns' objects count too."""

    def settled(self, count: int) -> bool:
        """Whether a result of so many columns always has the same ones."""
        return self.by_position and not self.texts_by_position and len(self.columns) == count > 0

    def read(self, described: Sequence[tuple[str, Any]], dialect: Dialect) -> ColumnsRead:
        """The columns of a result with this description, (name, type) each."""
        if self.settled(len(described)):
            names = [column.name for column in self.columns]
            found: list[ResultColumn | None] = list(self.columns)
        else:
            names = [_plain_name(name, dialect) for name, _ in described]
            found = self._matched(names)
        processors = [
            _processor(column.type if column else _UNTYPED, dialect, coltype)
            for column, (_, coltype) in zip(found, described, strict=True)
        ]
        return ColumnsRead(names, processors, _keys(found))

    def _matched(self, names: list[str]) -> list[ResultColumn | None]:
        if self.texts_by_position or (self.ad_hoc and len(names) == len(self.columns)):
            missing = [None] * (len(names) - len(self.columns))
            return [*self.columns, *missing][: len(names)]
        known: dict[Any, ResultColumn] = {}
        for column in self.columns:
            # As in SQLAlchemy: of two columns with one name the last gives the position, the later type wins.
            known[column.name] = column
            if self.loose:
                for key in column.objects:
                    known.setdefault(key, column)
        return [known.get(name) for name in names]


def shape_of(compiled: Any) -> Shape:
    """The shape a compiled statement promises."""
    columns = tuple(
        ResultColumn(keyname, type_, _lasting(objects, loose=compiled._loose_column_name_matching))
        for keyname, _, objects, type_ in compiled._result_columns or ()
    )
    return Shape(
        columns,
        by_position=compiled._ordered_columns,
        texts_by_position=compiled._textual_ordered_columns,
        ad_hoc=compiled._ad_hoc_textual,
        loose=compiled._loose_column_name_matching,
    )


def _lasting(objects: tuple[Any, ...], *, loose: bool) -> tuple[Any, ...]:
    # Labels and columns of subqueries would keep the first statement's values alive.
    return tuple(key for key in objects if _is_table_column(key) or (loose and isinstance(key, str)))


def _is_table_column(key: object) -> bool:
    if not isinstance(key, Column):
        return False
    table: Any = key.table
    return isinstance(table.element if isinstance(table, Alias) else table, Table)


def _keys(found: Sequence[ResultColumn | None]) -> dict[Any, int]:
    keys: dict[Any, int] = {}
    for number, column in enumerate(found):
        for key in column.objects if column else ():
            if not isinstance(key, str):
                keys[key] = number
    return keys


def _plain_name(name: str, dialect: Dialect) -> str:
    # SQLite before 3.10 answers "table.column" for a UNION.
    if getattr(dialect, "_broken_dotted_colnames", False) and "." in name:
        return name.rpartition(".")[2]
    return name


def _processor(type_: TypeEngine[Any], dialect: Dialect, coltype: Any) -> Processor | None:
    return type_.dialect_impl(dialect).result_processor(dialect, coltype)
