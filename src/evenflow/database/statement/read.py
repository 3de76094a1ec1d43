"""Reads what SQLAlchemy compiled: the plan of a statement and its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, TextualSelect, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.cache_key import NO_CACHE
from sqlalchemy.sql.dml import UpdateBase, ValuesBase
from sqlalchemy.sql.functions import FunctionElement

from evenflow.database import rawsql
from evenflow.database.plain import is_plain as is_plain_text
from evenflow.database.plan import Kind
from evenflow.database.statement.columns import Shape, shape_of
from evenflow.database.statement.form import Form, constructed_form, fast_form, general_form, is_plain
from evenflow.database.statement.key import counts_rows, key_of, last_row_id
from evenflow.database.statement.plan import StatementPlan
from evenflow.database.statement.refusal import cannot_compile, missing, unknown
from evenflow.errors import QueryError

_NOTHING: Mapping[str, Any] = {}


def read_statement(statement: ClauseElement, key: Any, names: Sequence[str], dialect: Dialect, *, many: bool) -> Form:
    """Compile `statement`; `key` is its cache key, None where it has none."""
    if isinstance(statement, ExecutableDDLElement):
        return read_ddl(statement, dialect)
    if isinstance(statement, FunctionElement):
        statement = statement.select()
    compiled = _compiled(statement, dialect, key, names, many=many)
    collected = collected_params(key) if key is not None else compiled_params(compiled)
    _check_names(compiled, names, collected)
    plan = plan_of(compiled, statement, dialect)
    if key is None:
        return constructed_form(compiled, plan)
    form = fast_form if is_plain(compiled) else general_form
    return form(compiled, plan, len(key[1]), [*names, *collected])


def cache_key(statement: ClauseElement) -> Any:
    """SQLAlchemy's cache key, (key, bind parameters, …), or None for what cannot be cached."""
    try:
        return statement._generate_cache_key()
    except AttributeError:
        raise QueryError(f"A {type(statement).__name__} is no statement.") from None


def may_be_kept(key: Any) -> bool:
    """Whether the key tells this kind of statement from all others.

    A bind parameter whose type forbids caching does not void the key, but leaves its type out: another
    such type would get this one's processors.
    """
    return all(bind.type._static_cache_key is not NO_CACHE for bind in key[1])


def collected_params(key: Any) -> Mapping[str, Any]:
    """The values of `statement.params()`, which SQLAlchemy 2.1 keeps beside the bind parameters."""
    return (len(key) > 2 and key[2]) or _NOTHING


def required_names(statement: ClauseElement) -> list[str]:
    """The named values without which the statement cannot run."""
    key = cache_key(statement)
    if key is None:
        return []
    return [*dict.fromkeys(bind.key for bind in key[1] if bind.required and bind.key not in collected_params(key))]


def plain_values(statement: ClauseElement, values: Mapping[Any, Any]) -> tuple[ClauseElement, Mapping[str, Any]]:
    """Values by name; SQL expressions among them move into the INSERT or UPDATE itself."""
    for name, value in values.items():
        if type(name) is not str or isinstance(value, ClauseElement):
            break
    else:
        return statement, values
    named = {str(getattr(name, "key", name)): value for name, value in values.items()}
    expressions = {name: value for name, value in named.items() if isinstance(value, ClauseElement)}
    if not expressions or not isinstance(statement, ValuesBase):
        return statement, named
    try:
        statement = statement.values(expressions)
    except SQLAlchemyError as error:
        raise cannot_compile(error) from error
    return statement, {name: value for name, value in named.items() if name not in expressions}


def read_text(sql: str, values: Mapping[str, Any], dialect: Dialect) -> Form:
    """The form of a text of SQL."""
    compiled = _compiled(typed_text(sql, values, dialect), dialect, None, (), many=False)
    return fast_form(compiled, text_plan(compiled.string, shape_of(compiled), dialect), 0, tuple(values))


def typed_text(sql: str, values: Mapping[str, Any], dialect: Dialect) -> TextClause:
    """The text with its values, each of the type SQLAlchemy sees in it."""
    clause = text(sql)
    try:
        typed = clause.bindparams(**values)
    except SQLAlchemyError as error:
        known = clause.compile(dialect=dialect).binds.keys()
        raise unknown(values.keys() - known, known, sql) from error
    compiled = typed.compile(dialect=dialect)
    try:
        compiled.construct_params()
    except SQLAlchemyError as error:
        raise missing([name for name, bind in compiled.binds.items() if bind.required], sql) from error
    return typed


def plan_of(compiled: Any, statement: ClauseElement, dialect: Dialect) -> StatementPlan:
    """The plan of a compiled statement."""
    shape = shape_of(compiled)
    if isinstance(statement, TextClause):
        return text_plan(compiled.string, shape, dialect)
    if compiled.isinsert or compiled.isupdate or compiled.isdelete:
        key, from_row = key_of(compiled, dialect)
        returning = bool(compiled.compile_state.statement._returning)
        plain = is_plain_text(compiled.string, Kind.WRITE)
        return StatementPlan(Kind.WRITE, returning, dialect, shape, key=key, key_from_row=from_row, plain=plain)
    if not getattr(statement, "is_select", False):
        raise QueryError(f"A {type(statement).__name__} is no statement; put it into select(...).")
    kind = _kind_of_select(compiled, statement)
    return StatementPlan(kind, True, dialect, shape, plain=is_plain_text(compiled.string, kind))


def _kind_of_select(compiled: Any, statement: ClauseElement) -> Kind:
    if isinstance(statement, TextualSelect):
        return rawsql.classify(compiled.string)
    changes = any(isinstance(cte.element, UpdateBase) for cte in compiled.ctes or ())
    return Kind.WRITE if changes else Kind.READ


def text_plan(sql: str, shape: Shape, dialect: Dialect) -> StatementPlan:
    """The plan of a text of SQL."""
    kind = rawsql.classify(sql)
    counted = counts_rows(dialect) and rawsql.is_insert(sql) and not rawsql.updates_on_conflict(sql)
    returning = rawsql.returns_rows(sql, kind)
    key = last_row_id if counted and not returning else None
    return StatementPlan(kind, returning, dialect, shape, key=key, plain=is_plain_text(sql, kind))


def _compiled(statement: ClauseElement, dialect: Dialect, key: Any, names: Sequence[str], *, many: bool) -> Any:
    try:
        compiled: Any = statement.compile(
            dialect=dialect, cache_key=key, column_keys=sorted(names), for_executemany=many
        )
    except SQLAlchemyError as error:
        raise cannot_compile(error) from error
    if compiled.positional:
        return compiled
    raise QueryError(f"The {dialect.name} dialect must use a positional paramstyle, not {dialect.paramstyle!r}.")


def compiled_params(compiled: Any) -> Mapping[str, Any]:
    """As `collected_params`, where there is no cache key."""
    collected: Mapping[str, Any] = getattr(compiled, "_collected_params", _NOTHING)
    return collected


def _check_names(compiled: Any, names: Sequence[str], collected: Mapping[str, Any]) -> None:
    used = set(compiled.bind_names.values()).union(bind.key for bind in compiled.bind_names)
    if surplus := set(names) - used:
        raise unknown(surplus, used, compiled.string)
    given = {*names, *collected}
    try:
        compiled.construct_params(dict.fromkeys(given))
    except SQLAlchemyError as error:
        binds = compiled.bind_names.items()
        absent = [bind.key for bind, name in binds if bind.required and not {bind.key, name} & given]
        raise missing(absent, compiled.string) from error


def read_ddl(statement: ExecutableDDLElement, dialect: Dialect) -> Form:
    """The form of CREATE, DROP and their like."""
    try:
        sql = str(statement.compile(dialect=dialect))
    except SQLAlchemyError as error:
        raise cannot_compile(error) from error
    plan = StatementPlan(Kind.ALONE, False, dialect, Shape(), fast=True)
    return Form(plan, lambda e, v: (plan, sql, ()), "(plan, sql, ())", {"plan": plan, "sql": sql})
