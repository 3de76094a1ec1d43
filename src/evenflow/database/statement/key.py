"""How the primary key of an inserted row is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.engine import Dialect

from evenflow.database.rows import Processor
from evenflow.database.statement.plan import Key

NameOf = Callable[[Any], str]

_UPSERTS = frozenset({"on_conflict_do_update", "on_duplicate_key_update"})


def last_row_id(last: Any, _: Sequence[Any]) -> Any:
    """The key where the database counts the rows itself."""
    return last


def counts_rows(dialect: Dialect) -> bool:
    """Whether the database tells the number it gave to a new row."""
    return bool(getattr(dialect, "postfetch_lastrowid", False))


def key_of(compiled: Any, dialect: Dialect) -> tuple[Key | None, bool]:
    """How to find the key, and whether it comes from a row that SQLAlchemy asked for by itself."""
    if not _inserts_one(compiled):
        return None, False
    table = compiled.compile_state.statement.table
    return find_key(table, compiled, dialect, compiled._within_exec_param_key_getter)


def find_key(table: Any, compiled: Any, dialect: Dialect, name_of: NameOf) -> tuple[Key | None, bool]:
    """As `key_of`, for an INSERT of one row; `name_of` tells the parameter that carries a column's value."""
    columns = list(table.primary_key)
    if not columns:
        return (last_row_id if counts_rows(dialect) else None), False
    parts = [_part(column, compiled, dialect, name_of(column)) for column in columns]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None, False
    return _joined(found), bool(compiled.implicit_returning)


def _inserts_one(compiled: Any) -> bool:
    if not compiled.isinsert or compiled.for_executemany:
        return False
    statement = compiled.compile_state.statement
    upsert = getattr(statement._post_values_clause, "__visit_name__", None) in _UPSERTS
    several = compiled.compile_state._has_multi_parameters or statement.select is not None
    return not (upsert or several or statement._returning)


def _joined(parts: list[Key]) -> Key:
    if len(parts) == 1:
        return parts[0]
    return lambda last, args: tuple([part(last, args) for part in parts])


def _part(column: Any, compiled: Any, dialect: Dialect, name: str) -> Key | None:
    returned = list(compiled.implicit_returning or ())
    for number, candidate in enumerate(returned):
        if candidate is column:
            return _from_row(number)
    result = _processor(column, dialect)
    position = _position(name, compiled)
    counted = counts_rows(dialect) and not returned and _is_counted(column)
    if position is not None:
        return _bound_or_counted(position, result) if counted else _bound(position, result)
    if counted:
        return _counted(result)
    return None


def _is_counted(column: Any) -> bool:
    table = column.table
    if table.autoincrement_column is not None:
        return table.autoincrement_column is column
    return len(table.primary_key) == 1 and isinstance(column.type, Integer)


def _position(name: str, compiled: Any) -> int | None:
    # An expanding list moves what comes after it.
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    names: list[str] = compiled.positiontup
    return names.index(name) if name in names else None


def _counted(result: Processor | None) -> Key:
    if result is None:
        return last_row_id
    return lambda last, _: result(last)


def _from_row(number: int) -> Key:
    return lambda row, _: row[number]


def _processor(column: Any, dialect: Dialect) -> Processor | None:
    try:
        found: Processor | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    except TypeError:  # asyncpg's numbers: it depends on what the server sends, and what was bound is one already
        return None
    return found


def _bound(position: int, result: Processor | None) -> Key:
    # The argument went through the type's bind processor; its result processor undoes that.
    if result is None:
        return lambda _, args: args[position]
    return lambda _, args: result(args[position])


def _bound_or_counted(position: int, result: Processor | None) -> Key:
    undo: Callable[[Any], Any] = result or (lambda value: value)
    return lambda last, args: undo(last if args[position] is None else args[position])
