"""Planning on SQLAlchemy's public face alone: works on a version nobody has looked into yet, and slowly."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import TextClause, TextualSelect
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import Insert, UpdateBase
from sqlalchemy.sql.functions import FunctionElement

from evenflow.database import rawsql
from evenflow.database.plan import Kind
from evenflow.database.rows import Processor
from evenflow.database.statement.columns import ResultColumn, Shape
from evenflow.database.statement.defaults import DefaultContext
from evenflow.database.statement.form import Bound, Values
from evenflow.database.statement.key import find_key
from evenflow.database.statement.plan import Key, StatementPlan
from evenflow.database.statement.planner import Planner
from evenflow.database.statement.read import plain_values, read_ddl, text_plan, typed_text
from evenflow.database.statement.refusal import cannot_compile, missing, refuse, unknown
from evenflow.errors import QueryError

_SECOND_ROW: Final = re.compile(r"_m1$")


class PublicPlanner(Planner):
    """A planner that compiles at each call."""

    def fixed(self, statement: ClauseElement, names: Sequence[str]) -> Callable[[Values], Bound] | None:
        """Nothing: there is no generated code here."""
        return None

    def bind_each(self, statement: ClauseElement, names: Sequence[str]) -> Callable[[Values], Bound]:
        """The code that binds many sets of values, all of these names; a missing one is a KeyError."""
        return lambda values: self._bind_core(statement, {name: values[name] for name in names}, many=True)

    def _bind_text(self, sql: str, values: Values | None) -> Bound:
        return self._bind_core(typed_text(sql, values or {}, self.dialect), {}, many=False)

    def _bind_core(self, statement: ClauseElement, values: Values, *, many: bool) -> Bound:
        if not isinstance(statement, ClauseElement):
            raise QueryError(f"A {type(statement).__name__} is no statement.")
        if isinstance(statement, ExecutableDDLElement):
            return read_ddl(statement, self.dialect).bind((), values)
        if isinstance(statement, FunctionElement):
            statement = statement.select()
        statement, values = plain_values(statement, values)
        try:
            compiled: Any = statement.compile(dialect=self.dialect, column_keys=sorted(values))
        except SQLAlchemyError as error:
            raise cannot_compile(error) from error
        _check(compiled, values)
        plan = _plan(statement, compiled, self.dialect, many=many)
        try:
            sql, args = _arguments(compiled, values, self.dialect)
        except Exception as error:  # noqa: BLE001  # told anew or raised again
            refuse(error, compiled.string)
        return plan, sql, args


def _check(compiled: Any, values: Values) -> None:
    known = {*compiled.binds, *(bind.key for bind in compiled.binds.values())}
    if surplus := values.keys() - known:
        raise unknown(surplus, known, compiled.string)
    absent = {bind.key for bind in compiled.binds.values() if bind.required} - values.keys()
    try:
        compiled.construct_params(values)
    except SQLAlchemyError as error:
        raise missing(absent, compiled.string) from error


def _arguments(compiled: Any, values: Values, dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    processors = {name: _bind_processor(bind.type, dialect) for name, bind in compiled.binds.items()}
    sql, names = compiled.string, compiled.positiontup
    parameters = compiled.construct_params(values, escape_names=False)
    if compiled.insert_prefetch or compiled.update_prefetch:
        _fill(compiled, parameters, dialect)
    if compiled.post_compile_params or compiled.literal_execute_params:
        state = compiled.construct_expanded_state(values, escape_names=False)
        sql, names = state.statement, state.positiontup
        parameters = {**state.parameters, **parameters}
        processors.update(state.processors)
    slots = [(processors.get(name), parameters[name]) for name in names]
    return sql, tuple([process(value) if process else value for process, value in slots])


def _bind_processor(type_: Any, dialect: Dialect) -> Processor | None:
    processor: Processor | None = type_.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _fill(compiled: Any, parameters: dict[str, Any], dialect: Dialect) -> None:
    context = DefaultContext(parameters, dialect, isinsert=compiled.isinsert, several=None)
    for column in compiled.insert_prefetch or compiled.update_prefetch:
        default = column.default if compiled.isinsert else column.onupdate
        if default.is_scalar:
            parameters[column.key] = default.arg
        elif default.is_callable:
            context.current_column = column
            parameters[column.key] = default.arg(context)


def _plan(statement: ClauseElement, compiled: Any, dialect: Dialect, *, many: bool) -> StatementPlan:
    if isinstance(statement, TextClause):
        return text_plan(compiled.string, Shape(), dialect)
    if isinstance(statement, TextualSelect):
        kind = rawsql.classify(compiled.string)
        return StatementPlan(kind, True, dialect, Shape(_columns(statement.selected_columns), ad_hoc=True))
    if isinstance(statement, UpdateBase):
        return _changing(statement, compiled, dialect, many=many)
    if not getattr(statement, "is_select", False):
        raise QueryError(f"A {type(statement).__name__} is no statement; put it into select(...).")
    columns: Any = statement.selected_columns  # type: ignore[attr-defined]  # every select has them
    return StatementPlan(Kind.READ, True, dialect, Shape(_columns(columns), ad_hoc=True))


def _changing(statement: UpdateBase, compiled: Any, dialect: Dialect, *, many: bool) -> StatementPlan:
    added = bool(compiled.implicit_returning)
    returned = [] if added else list(compiled.effective_returning or ())
    key: Key | None = None
    if isinstance(statement, Insert) and not many and not returned and _inserts_one(statement, compiled):
        key, added = find_key(statement.table, compiled, dialect, lambda column: str(column.key))
    shape = Shape(_columns(returned), ad_hoc=True)
    return StatementPlan(Kind.WRITE, bool(returned), dialect, shape, key=key, key_from_row=added)


def _inserts_one(statement: Insert, compiled: Any) -> bool:
    several = any(_SECOND_ROW.search(name) for name in compiled.binds) or statement.select is not None
    return not (several or rawsql.updates_on_conflict(compiled.string))


def _columns(columns: Any) -> tuple[ResultColumn, ...]:
    return tuple(ResultColumn(column.key or "", column.type, (column,)) for column in columns)
