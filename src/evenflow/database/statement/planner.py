"""Plans statements: one compilation for each kind, a few microseconds for each call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from weakref import WeakSet

from sqlalchemy.engine import Dialect
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import ValuesBase

from evenflow.database.plan import Plan
from evenflow.database.statement.form import Bound, Form, Values
from evenflow.database.statement.read import (
    cache_key,
    collected_params,
    may_be_kept,
    plain_values,
    read_statement,
    read_text,
    required_names,
)
from evenflow.database.statement.refusal import refuse

_log = logging.getLogger("evenflow.database")

_NO_VALUES: Values = {}

Batch = tuple[Plan, str, list[Sequence[Any]]]


class Planner:
    """Makes (plan, sql, arguments) of statements for one dialect; remembers `capacity` kinds of them."""

    def __init__(self, dialect: Dialect, *, capacity: int = 1000) -> None:
        self.dialect = dialect
        self._capacity = capacity
        self._forms: dict[Any, Form] = {}
        self._texts: dict[Any, Form] = {}
        self._warned = False
        self._binders: WeakSet[Binder] = WeakSet()

    def learn(self, dialect: Dialect) -> None:
        """Plan for `dialect` from now on, and forget what was planned for another one."""
        self.dialect = dialect
        self._forms.clear()
        self._texts.clear()
        for binder in self._binders:
            binder.forget()

    def bind(self, statement: ClauseElement | str, values: Mapping[str, Any] | None = None) -> Bound:
        """The plan, the SQL and the driver's arguments for one call."""
        if isinstance(statement, str):
            return self._bind_text(statement, values)
        return self._bind_core(statement, values or _NO_VALUES, many=False)

    def bind_many(self, statement: ClauseElement | str, values: Sequence[Mapping[str, Any]]) -> list[Batch]:
        """Batches of equal SQL in the caller's order."""
        batches: list[Batch] = []
        for row in values:
            if isinstance(statement, str):
                plan, sql, args = self._bind_text(statement, row)
            else:
                plan, sql, args = self._bind_core(statement, row, many=True)
            if batches and batches[-1][1] == sql:
                batches[-1][2].append(args)
            else:
                batches.append((plan, sql, [args]))
        return batches

    def bind_each(self, statement: ClauseElement, names: Sequence[str]) -> Callable[[Values], Bound]:
        """The code that binds many sets of values, all of these names; a missing one is a KeyError."""
        key = cache_key(statement)
        form = self._core_form(statement, key, dict.fromkeys(names), many=True)
        extracted = () if key is None else key[1]
        return form.fixed(extracted) or (lambda values: form.bind(extracted, values))

    def prepare(self, statement: ClauseElement | str) -> Binder:
        """A binder for one statement: the fastest way to call it often."""
        binder = Binder(self, statement)
        self._binders.add(binder)
        return binder

    def fixed(self, statement: ClauseElement, names: Sequence[str]) -> Callable[[Values], Bound] | None:
        """The code that binds this very statement to values of these names, where it can be generated."""
        key = cache_key(statement)
        if key is None or collected_params(key):
            return None
        return self._core_form(statement, key, dict.fromkeys(names), many=False).fixed(key[1])

    def _bind_core(self, statement: ClauseElement, values: Values, *, many: bool) -> Bound:
        if values:
            statement, values = plain_values(statement, values)
        key = cache_key(statement)
        form = self._core_form(statement, key, values, many=many)
        try:
            if key is None:
                return form.bind((), values)
            if collected := collected_params(key):
                values = {**collected, **values}
            return form.bind(key[1], values)
        except Exception as error:  # noqa: BLE001  # told anew or raised again
            refuse(error, None)

    def _core_form(self, statement: ClauseElement, key: Any, values: Values, *, many: bool) -> Form:
        if key is None:
            self._warn_uncached(statement)
            return read_statement(statement, None, tuple(values), self.dialect, many=many)
        kind = (key[0], many, *values) if values or many else key[0]  # hot: bench_sqlite_reads
        if collected := collected_params(key):
            kind = (kind, tuple(collected))
        form = self._forms.get(kind)
        if form is None:
            form = read_statement(statement, key, tuple(values), self.dialect, many=many)
            if may_be_kept(key):
                self._remember(self._forms, kind, form)
            else:
                self._warn_uncached(statement)
        return form

    def _bind_text(self, sql: str, values: Values | None) -> Bound:
        if not values:
            form = self._texts.get(sql)
            if form is None:
                form = read_text(sql, _NO_VALUES, self.dialect)
                self._remember(self._texts, sql, form)
            return form.bind((), _NO_VALUES)
        kind = (sql, *values, *map(type, values.values()))  # hot: bench_sqlite_reads
        form = self._texts.get(kind)
        if form is None or form.by_value:
            form = self._text_form(kind, sql, values)
        try:
            return form.bind((), values)
        except Exception as error:  # noqa: BLE001  # told anew or raised again
            refuse(error, sql)

    def _text_form(self, kind: tuple[Any, ...], sql: str, values: Values) -> Form:
        zones = tuple([value.tzinfo is None for value in values.values() if isinstance(value, datetime | time)])
        form = self._texts.get((kind, zones)) if zones else None
        if form is None:
            form = read_text(sql, values, self.dialect)
            self._remember(self._texts, (kind, zones) if zones else kind, form)
            if zones:
                self._remember(self._texts, kind, replace(form, by_value=True))
        return form

    def _remember(self, forms: dict[Any, Form], kind: Any, form: Form) -> None:
        if len(forms) >= self._capacity:
            forms.pop(next(iter(forms)), None)
        forms[kind] = form

    def _warn_uncached(self, statement: ClauseElement) -> None:
        if not self._warned and not isinstance(statement, ExecutableDDLElement):
            self._warned = True
            _log.warning(
                "A %s statement cannot be cached and is compiled at each call; "
                "does one of its types lack cache_ok = True?",
                type(statement).__name__,
            )


class Binder:
    """Binds one statement to values: `binder(id=5)` or `binder({"id": 5})` answers (plan, sql, arguments)."""

    __slots__ = ("__weakref__", "_planner", "_statement", "_usual")

    def __init__(self, planner: Planner, statement: ClauseElement | str) -> None:
        self._planner = planner
        self._statement = statement
        self._usual: tuple[int, Callable[[Values], Bound]] | None = None
        if not isinstance(statement, str) and not isinstance(statement, ValuesBase):
            # Whatever is wrong with the statement shows now, not at its first call.
            self._learn(required_names(statement))

    def __call__(self, values: Values | None = None, /, **named: Any) -> Bound:
        """The plan, the SQL and the driver's arguments for these values."""
        given = named if values is None else {**values, **named} if named else values
        if (usual := self._usual) is not None and len(given) == usual[0]:  # hot: bench_sqlite_reads
            try:
                return usual[1](given)
            except Exception:  # noqa: BLE001  # other names, or a value to be refused: bound slowly, told there
                pass
        return self._bind(given)

    def forget(self) -> None:
        """Bind anew at the next call: the dialect has changed."""
        self._usual = None

    def _bind(self, given: Values) -> Bound:
        bound = self._planner.bind(self._statement, given)
        if not isinstance(self._statement, str):
            self._learn(tuple(given))
        return bound

    def _learn(self, names: Sequence[str]) -> None:
        assert not isinstance(self._statement, str)
        code = self._planner.fixed(self._statement, names)
        if code is not None:
            self._usual = (len(names), code)
