"""An INSERT of many rows that all give the same columns, and what of it a bulk load can take over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError

from evenflow.database.plan import CopyTarget
from evenflow.database.statement.form import Bound, Values
from evenflow.database.statement.planner import Planner
from evenflow.database.statement.refusal import refuse
from evenflow.errors import QueryError


@dataclass(frozen=True, slots=True)
class Loading:
    """How rows of these columns go into a table."""

    names: tuple[str, ...]
    """The columns each row gives, in the caller's order."""
    bind: Callable[[Values], Bound]
    """From the values of one row by name to (plan, SQL, arguments); a missing name is a KeyError."""
    target: CopyTarget | None
    """Where the arguments go, column by column; None where only the INSERT's own SQL can put them there."""
    as_given: bool
    """Whether the arguments are the values themselves, in the caller's order."""
    by_position: Callable[[Sequence[Any]], tuple[Any, ...]] | None
    """From the values of one row in the caller's order to its arguments, where nothing else is among them."""

    def bound(self, values: Values) -> Bound:
        """The plan, the SQL and the arguments for one row. Raises KeyError where a column is missing."""
        try:
            return self.bind(values)
        except Exception as error:  # told anew or raised again
            if isinstance(error, KeyError) and not values.keys() >= set(self.names):
                raise
            refuse(error, None)

    def all_bound(self, rows: list[tuple[Any, ...]]) -> list[Sequence[Any]]:
        """The arguments of rows whose values are in the caller's order."""
        if self.as_given:
            return [*rows]
        if self.by_position is None:
            return [self.bound(dict(zip(self.names, row, strict=True)))[2] for row in rows]
        try:
            return [*map(self.by_position, rows)]  # hot: bench_bulk
        except Exception as error:  # noqa: BLE001  # told anew or raised again
            refuse(error, None)


def table_of(target: Any) -> Table:
    """The table that is meant: a table, or a declarative class. Raises QueryError."""
    table = getattr(target, "__table__", target)
    if not isinstance(table, Table):
        raise QueryError(f"A {type(target).__name__} is no table; give a sqlalchemy.Table or a declarative class.")
    return table


def loading_into(planner: Planner, table: Table, columns: Collection[Any]) -> Loading:
    """How rows of `columns`, by name or column, go into `table`. Raises QueryError for a column it does not have."""
    names = tuple([_key(table, column) for column in columns])
    if len(set(names)) < len(names) or not names:
        raise QueryError(f"Rows for {table.fullname} need one or more columns, each named once.")
    bind = planner.bind_each(table.insert(), names)
    columns_bound = _bound_columns(table, names, planner.dialect)
    if columns_bound is None:
        return Loading(names, bind, None, as_given=False, by_position=None)
    target = CopyTarget(str(table.name), table.schema, tuple([str(column.name) for column in columns_bound]))
    keys = tuple([column.key for column in columns_bound])
    processors = [_processor(column, planner.dialect) for column in columns_bound]
    by_position = _picking(names, keys, processors) if set(keys) == set(names) else None
    return Loading(names, bind, target, as_given=names == keys and not any(processors), by_position=by_position)


def columns_of_all(table: Table) -> list[str]:
    """The columns a row has that gives all of them: each but those the database computes."""
    return [column.key for column in table.columns if column.computed is None]


def _key(table: Table, column: Any) -> str:
    name = str(getattr(column, "key", column))
    if name not in table.columns:
        raise QueryError(
            f"The table {table.fullname} has no column {name!r}; it has {', '.join(map(repr, table.columns.keys()))}."
        )
    return name


def _bound_columns(table: Table, names: Sequence[str], dialect: Dialect) -> list[Column[Any]] | None:
    """The columns that an INSERT of `names` binds, in its order; None where it does more than to put values there."""
    found: list[Column[Any]] = []
    for column in table.columns:
        default = column.default
        if column.key in names or (default is not None and (default.is_scalar or default.is_callable)):
            found.append(column)
        elif default is not None:
            return None  # an SQL expression or a sequence: written into the statement
    if any(_needs_sql(column, dialect) for column in found):
        return None
    try:
        compiled: Any = table.insert().compile(dialect=dialect, column_keys=sorted(names))
    except SQLAlchemyError:
        return None  # what is wrong shows when a row is bound
    # Where SQLAlchemy has other names or another order, nobody guesses which argument belongs to which column.
    return found if compiled.positiontup == [column.key for column in found] else None


def _needs_sql(column: Column[Any], dialect: Dialect) -> bool:
    """Whether a value goes through an SQL function, or the database only takes it from an INSERT that says so."""
    always = column.identity is not None and column.identity.always
    return bool(always or column.type.dialect_impl(dialect)._has_bind_expression or column.type._has_bind_expression)


def _picking(
    names: tuple[str, ...], keys: tuple[str, ...], processors: Sequence[Any]
) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    scope: dict[str, Any] = {}
    parts = []
    for number, (key, processor) in enumerate(zip(keys, processors, strict=True)):
        code = f"row[{names.index(key)}]"
        if processor is not None:
            scope[f"p{number}"] = processor
            code = f"p{number}({code})"
        parts.append(f"{code}, ")
    made: Callable[[Sequence[Any]], tuple[Any, ...]] = eval(f"lambda row: ({''.join(parts)})", scope)
    return made


def _processor(column: Column[Any], dialect: Dialect) -> Any:
    return column.type.dialect_impl(dialect).bind_processor(dialect)
