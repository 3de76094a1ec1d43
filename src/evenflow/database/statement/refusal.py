"""Errors of SQLAlchemy, told as ours. Never with a value."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import Final, NoReturn

from sqlalchemy.exc import SQLAlchemyError

from evenflow.errors import EvenflowError, QueryError

_NOT_THE_CALLERS: Final = frozenset({"sqlalchemy", "evenflow", "json", "pickle", "decimal", "uuid", "enum"})


def missing(names: Collection[str], sql: str) -> QueryError:
    """The call does not give every value the statement needs."""
    return QueryError(
        f"No value was given for {_listed(names)}; pass it in `values`, or with bindparams().", statement=sql
    )


def unknown(names: Collection[str], known: Collection[str], sql: str) -> QueryError:
    """The call gives a value the statement has no place for."""
    place = f"it takes {_listed(known)}" if known else "it takes none"
    return QueryError(f"The statement takes no value called {_listed(names)}; {place}.", statement=sql)


def cannot_compile(error: SQLAlchemyError) -> QueryError:
    """SQLAlchemy cannot make SQL of the statement."""
    if "literal" in str(error).lower():  # such a message shows the value
        return QueryError("SQLAlchemy cannot write a value of this statement into its SQL.")
    first, *_ = str(error).splitlines()
    return QueryError(f"SQLAlchemy cannot compile this statement: {first}")


def refuse(error: Exception, sql: str | None) -> NoReturn:
    """Raise what an error while values were bound means: ours, or the error of the caller's own code."""
    if isinstance(error, EvenflowError) or not _is_foreign(error.__traceback__):
        raise error
    raise QueryError(
        f"A value does not fit the type of its column or parameter ({type(error).__name__}); "
        "the cause tells which type refused it.",
        statement=sql,
    ) from error


def _is_foreign(trace: TracebackType | None) -> bool:
    """Whether only SQLAlchemy's code and ours ran, and none of the caller's."""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__") or "evenflow"  # generated code has no name
        if str(module).partition(".")[0] not in _NOT_THE_CALLERS:
            return False
        trace = trace.tb_next
    return True


def _listed(names: Collection[str]) -> str:
    return ", ".join(f":{name}" for name in sorted(map(str, names)))
