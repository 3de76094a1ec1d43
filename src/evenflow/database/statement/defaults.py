"""Defaults that Python computes while an INSERT or UPDATE is bound."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from sqlalchemy import Column
from sqlalchemy.engine import Dialect

from evenflow.errors import QueryError


class DefaultContext:
    """What a default function may ask while it runs; stands in for SQLAlchemy's execution context."""

    isdelete = False

    def __init__(
        self, values: MutableMapping[str, Any], dialect: Dialect, *, isinsert: bool, several: tuple[str, ...] | None
    ) -> None:
        self.dialect = dialect
        self.isinsert = isinsert
        self.isupdate = not isinsert
        self.current_parameters = values
        self.current_column: Column[Any] | None = None
        self._several = several

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> MutableMapping[str, Any]:
        """The values of the row that is being made, by column."""
        if self._several is None or not isolate_multiinsert_groups:
            return self.current_parameters
        return self._one_of_several(self.current_parameters, self.current_column)

    def _one_of_several(self, values: MutableMapping[str, Any], column: Any) -> MutableMapping[str, Any]:
        number = 0
        name = column.key
        if column._is_multiparam_column:
            number = column.index + 1
            name = column.original.key
        row = {name: values[column.key]}
        row.update((key, values[f"{key}_m{number}"]) for key in self._several or ())
        return row


class Defaults:
    """Adds what Python computes to the values of one row."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        # Not the compiled statement itself: it would keep the first call's values alive.
        self._dialect = dialect
        self._isinsert: bool = compiled.isinsert
        several = compiled.isinsert and compiled.compile_state._has_multi_parameters
        self._several = tuple(compiled.compile_state._dict_parameters) if several else None
        self._steps = [
            self._step(column, compiled._within_exec_param_key_getter(column), description)
            for column, description in _prefetched(compiled)
        ]

    def _step(self, column: Any, name: str, description: tuple[Any, bool, bool, bool]) -> Step:
        value, is_scalar, is_callable, is_sentinel = description
        if is_sentinel:
            return lambda values, _: values.__setitem__(name, 0)
        if is_scalar:
            return lambda values, _: values.__setitem__(name, value)
        if not is_callable:
            raise QueryError(
                f"The default of {column.name!r} is an SQL expression that would have to run before the "
                "statement; give the value yourself, or make it a server_default."
            )

        def compute(values: MutableMapping[str, Any], context: DefaultContext) -> None:
            context.current_column = column
            values[name] = value(context)

        return compute

    def fill(self, values: MutableMapping[str, Any]) -> None:
        """Set what the statement leaves to Python."""
        context = DefaultContext(values, self._dialect, isinsert=self._isinsert, several=self._several)
        for step in self._steps:
            step(values, context)


Step = Callable[[MutableMapping[str, Any], DefaultContext], None]


def _prefetched(compiled: Any) -> list[tuple[Any, tuple[Any, bool, bool, bool]]]:
    if compiled.insert_prefetch:
        return [(column, column._default_description_tuple) for column in compiled.insert_prefetch]
    return [(column, column._onupdate_description_tuple) for column in compiled.update_prefetch]
