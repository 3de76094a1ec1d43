"""From a compiled statement to the code that makes a driver's arguments.

A form answers (plan, sql, arguments) for the bind parameters `e` of an incoming statement and the named
values `v` of the call. Where each argument comes from is found once, by asking SQLAlchemy to construct the
parameters from probes; then a function that picks just those is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenflow.database.rows import Processor
from evenflow.database.statement.defaults import Defaults
from evenflow.database.statement.plan import StatementPlan

Values = Mapping[str, Any]
Bound = tuple[StatementPlan, str, tuple[Any, ...]]
Bind = Callable[[Sequence[Any], Values], Bound]


@dataclass(frozen=True, slots=True)
class Form:
    """How calls of one kind of statement are bound."""

    plan: StatementPlan
    bind: Bind
    source: str | None = None
    """The generated code where there is nothing but picking values."""
    scope: Mapping[str, Any] | None = None
    by_value: bool = False
    """The types of values do not decide alone: the same types may need another form."""

    def fixed(self, extracted: Sequence[Any]) -> Callable[[Values], Bound] | None:
        """The fastest code for one statement object, whose own bind parameters stay the same."""
        if self.source is None or self.scope is None:
            return None
        code: Callable[[Values], Bound] = eval(f"lambda v: {self.source}", {**self.scope, "e": extracted})
        return code


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a value will come from, as code; travels through SQLAlchemy in place of the value."""

    code: str


@dataclass(frozen=True, slots=True)
class _Probe:
    """Stands in for a bind parameter."""

    value: _Source
    effective_value: _Source


def fast_form(compiled: Any, plan: StatementPlan, binds: int, names: Sequence[str]) -> Form:
    """The form of a statement whose SQL never changes and whose values all come from the caller."""
    scope: dict[str, Any] = {"plan": plan, "sql": compiled.string}
    picked = _picked(compiled, binds, names, scope)
    processors = compiled._bind_processors
    parts = []
    for number, name in enumerate(compiled.positiontup):
        code = picked[name]
        if name in processors:
            scope[f"p{number}"] = processors[name]
            code = f"p{number}({code})"
        parts.append(f"{code}, ")
    source = f"(plan, sql, ({''.join(parts)}))"
    plan.fast = True
    return Form(plan, eval(f"lambda e, v: {source}", scope), source, scope)  # hot: bench_sqlite_reads


def general_form(compiled: Any, plan: StatementPlan, binds: int, names: Sequence[str]) -> Form:
    """The form of a statement with lists, literals or defaults that Python computes."""
    scope: dict[str, Any] = {}
    picked = _picked(compiled, binds, names, scope)
    items = ", ".join(f"{name!r}: {code}" for name, code in picked.items())
    collect: Callable[[Sequence[Any], Values], dict[str, Any]] = eval(f"lambda e, v: {{{items}}}", scope)
    # The cache key holds the first statement's values.
    compiled.cache_key = None
    return _collecting(compiled, plan, collect)


def constructed_form(compiled: Any, plan: StatementPlan) -> Form:
    """The form for a single call of a statement that has no cache key."""

    def collect(_: Sequence[Any], values: Values) -> dict[str, Any]:
        parameters: dict[str, Any] = compiled.construct_params(values, escape_names=False)
        return parameters

    return _collecting(compiled, plan, collect)


def is_plain(compiled: Any) -> bool:
    """Whether the SQL never changes and Python computes no defaults."""
    late = compiled.post_compile_params or compiled.literal_execute_params
    return not (late or compiled.insert_prefetch or compiled.update_prefetch)


def _picked(compiled: Any, binds: int, names: Sequence[str], scope: dict[str, Any]) -> dict[str, str]:
    """The code for each parameter's value; constants of the statement go into `scope`."""
    probes = [_Probe(_Source(f"e[{n}].value"), _Source(f"e[{n}].effective_value")) for n in range(binds)]
    values = {name: _Source(f"v[{name!r}]") for name in names}
    picked = {}
    found = compiled.construct_params(values, extracted_parameters=probes, escape_names=False)
    for number, (name, value) in enumerate(found.items()):
        if isinstance(value, _Source):
            picked[name] = value.code
        else:
            picked[name] = f"k{number}"
            scope[f"k{number}"] = value
    return picked


def _collecting(compiled: Any, plan: StatementPlan, collect: Callable[[Sequence[Any], Values], dict[str, Any]]) -> Form:
    defaults = None
    if compiled.insert_prefetch or compiled.update_prefetch:
        defaults = Defaults(compiled, plan.dialect)
    finish = _expanding(compiled) if _is_expanding(compiled) else _settled(compiled)

    def bind(extracted: Sequence[Any], values: Values) -> Bound:
        parameters = collect(extracted, values)
        if defaults is not None:
            defaults.fill(parameters)
        sql, args = finish(parameters)
        return plan, sql, args

    return Form(plan, bind)


Finish = Callable[[dict[str, Any]], tuple[str, tuple[Any, ...]]]


def _is_expanding(compiled: Any) -> bool:
    return bool(compiled.post_compile_params or compiled.literal_execute_params)


def _settled(compiled: Any) -> Finish:
    sql: str = compiled.string
    processors = compiled._bind_processors
    slots = [(name, processors.get(name)) for name in compiled.positiontup]
    return lambda parameters: (sql, _arguments(parameters, slots))


def _expanding(compiled: Any) -> Finish:
    own = compiled._bind_processors

    def finish(parameters: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
        state = compiled._process_parameters_for_postcompile(parameters)
        processors = {**own, **state.processors}
        slots = [(name, processors.get(name)) for name in state.positiontup]
        return state.statement, _arguments(state.parameters, slots)

    return finish


def _arguments(parameters: Values, slots: list[tuple[str, Processor | None]]) -> tuple[Any, ...]:
    return tuple([process(parameters[name]) if process else parameters[name] for name, process in slots])
