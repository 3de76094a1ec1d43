"""asyncpg's errors in Evenflow's words. Each is also an instance of asyncpg's own class.

PostgreSQL puts values into its details ("Key (email)=(…) already exists.") and into many messages about data; asyncpg
puts them into its messages about arguments. None of these is ever repeated, or kept where a log would find it.
"""

from __future__ import annotations

import re
from types import new_class
from typing import Any, TypeVar

import asyncpg

from evenflow.errors import (
    ConnectionLost,
    ConstraintViolated,
    DatabaseError,
    QueryError,
    QueryTimeout,
    ReadOnly,
    TransactionClosed,
    TransactionConflict,
)

Ours = TypeVar("Ours", bound=DatabaseError)

FOREIGN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises; everything else comes from somewhere else."""


class PreparedStatementsLost(ConnectionLost):
    """The server does not know this connection's prepared statements: a pooler such as PgBouncer is in between."""

    not_run = True
    """The statement has not been run, so that it can be tried on a new connection whatever it does."""


class TransactionGivenUp(QueryError, TransactionClosed):
    """PostgreSQL has given this transaction up after an earlier error."""


class LockNotAvailable(QueryError):
    """Another transaction holds a lock."""

    transient = True


class SchemaChanged(QueryError):
    """The tables have changed since this connection has seen them."""

    transient = True


class OutOfResources(QueryError):
    """The server has run out of something."""

    transient = True


_GIVEN_UP = (
    "PostgreSQL has given this transaction up after an earlier error; leave the block and run it again, or put what "
    "may fail into a nested transaction()."
)
_LOST = "The connection to PostgreSQL was lost: the server closed it or the network broke."
_ENDED = "The connection to PostgreSQL was closed by the server: it is shutting down or an administrator ended it."
_CHANGED = (
    "A table or a type of this statement has been changed, and the connection did not know. Run the transaction again."
)

_STATES: dict[str, tuple[type[DatabaseError], str]] = {
    "57014": (QueryTimeout, "The statement was cancelled: by its timeout, statement_timeout or an administrator."),
    "57P01": (ConnectionLost, _ENDED),
    "57P02": (ConnectionLost, "The connection to PostgreSQL was lost: the server is restarting after a crash."),
    "57P03": (ConnectionLost, "PostgreSQL is starting or stopping and takes no statements now."),
    "57P04": (ConnectionLost, "The connection to PostgreSQL was lost: its database has been dropped."),
    "57P05": (ConnectionLost, "PostgreSQL has closed the connection because it was idle (idle_session_timeout)."),
    "25P03": (
        ConnectionLost,
        "PostgreSQL has closed the connection because its transaction was idle (idle_in_transaction_session_timeout).",
    ),
    "25P04": (ConnectionLost, "PostgreSQL has closed the connection because its transaction took too long."),
    "25006": (
        ReadOnly,
        "PostgreSQL can only be read here: the transaction is read-only, or the server is a standby (or no longer the "
        "primary).",
    ),
    "25P02": (TransactionGivenUp, _GIVEN_UP),
    "40001": (
        TransactionConflict,
        "Another transaction has changed what this one works on, so PostgreSQL has given this one up. Run it again.",
    ),
    "40P01": (
        TransactionConflict,
        "Two transactions waited for each other (a deadlock), and PostgreSQL has given this one up. Run it again.",
    ),
    "55P03": (LockNotAvailable, "Another transaction holds a lock that this statement needs. Try again."),
    "53100": (QueryError, "The server's disk is full: nothing of this statement was kept. Make room and try again."),
    "53200": (OutOfResources, "The server is out of memory (or of max_locks_per_transaction). Try again later."),
    "XX001": (QueryError, "PostgreSQL has found damaged data. Look into the server's log, and restore a backup."),
    "XX002": (QueryError, "PostgreSQL has found a damaged index. REINDEX it, and look into the server's log."),
}

_DATA = {
    "22001": "A text is longer than its column allows.",
    "22003": "A number is larger or smaller than its type allows.",
    "22012": "The statement divides by zero.",
    "22021": "A text cannot be stored: it holds a character that PostgreSQL has no place for, such as \\x00.",
    "22P02": "A text in the statement or in an argument cannot be read as the type that is wanted there.",
    "22007": "A text in the statement or in an argument cannot be read as a date or a time.",
    "22008": "A date or a time is outside of what its type can hold.",
    "22P05": "A text holds a character that has no place in the database's encoding.",
}
"""Errors about data whose message would show the data."""

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ARGUMENT = re.compile(
    r"^(?:invalid input for )?query argument \$(\d+)(?: in element #(\d+) of executemany\(\) sequence)?:"
)
_TOO_LARGE = re.compile(r"\(value out of int(\d+) range\)$")
_EXPECTED = re.compile(r"\((expected [\w. ]+, got '?[\w.]+'?|'[\w.]+' object cannot be interpreted as an integer)\)$")
"""The reasons of asyncpg's that name types only."""


def translated(error: BaseException, statement: str | None, *, lost: bool = False) -> BaseException:
    """Evenflow's error for one of asyncpg's, with `error` as its cause where that shows no values.

    Any other error comes back unchanged. `lost` says that the connection is closed.
    """
    if isinstance(error, DatabaseError) or not isinstance(error, FOREIGN):
        return error
    ours = _built(error, statement, lost=lost)
    if isinstance(error, asyncpg.DataError) or _ARGUMENT.match(str(error.args[0] if error.args else "")):
        return ours  # without its cause, whose message holds the value
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None
    ours.__cause__ = error
    return ours


def _built(error: Exception, statement: str | None, *, lost: bool) -> DatabaseError:
    if isinstance(error, asyncpg.PostgresError):
        return _refused(error, statement)
    if lost or isinstance(error, ConnectionError):
        return joined(ConnectionLost, error)(_LOST, statement=statement)
    if isinstance(error, TimeoutError):
        return QueryTimeout("The statement took longer than command_timeout.", statement=statement)
    if isinstance(error, OSError):
        return ConnectionLost(_LOST, statement=statement)
    if isinstance(error, asyncpg.OutdatedSchemaCacheError):
        return joined(SchemaChanged, error)(_CHANGED, statement=statement)
    if isinstance(error, asyncpg.InterfaceError):
        return joined(QueryError, error)(_argument(str(error.args[0])) or _asyncpg_says(error), statement=statement)
    return joined(QueryError, error)(
        "asyncpg could not understand what PostgreSQL answered. Is something in between that is no PostgreSQL?",
        statement=statement,
    )


def _refused(error: asyncpg.PostgresError, statement: str | None) -> DatabaseError:
    state = str(getattr(error, "sqlstate", None) or "")
    if state in _STATES:
        kind, sentence = _STATES[state]
    elif state.startswith("23"):
        kind, sentence = ConstraintViolated, _constraint(error, state)
    elif state.startswith("08"):
        kind, sentence = ConnectionLost, _LOST
    elif isinstance(error, asyncpg.InvalidCachedStatementError) or is_outdated(error):
        kind, sentence = SchemaChanged, _CHANGED
    elif state.startswith("22"):
        kind, sentence = QueryError, _about_data(error, state)
    else:
        kind, sentence = QueryError, _sentence(error, state)
    made = joined(kind, error)(sentence, statement=statement)
    if isinstance(made, ConstraintViolated):
        made.constraint = getattr(error, "constraint_name", None) or getattr(error, "column_name", None)
    for name in ("schema_name", "table_name", "column_name", "constraint_name"):
        setattr(made, name, getattr(error, name, None))
    return made


def joined(ours: type[Ours], theirs: BaseException) -> type[Ours]:
    """The class that is `ours` and that of asyncpg's error too."""
    pair = (ours, type(theirs))
    if pair not in _JOINED:
        _JOINED[pair] = _joined(*pair)
    made: type[Ours] = _JOINED[pair]
    return made


_JOINED: dict[tuple[type[DatabaseError], type[BaseException]], Any] = {}


def _joined(ours: type[DatabaseError], theirs: type[BaseException]) -> Any:
    if not issubclass(theirs, (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return ours
    body = {"__doc__": ours.__doc__, "__module__": __name__, "detail": None, "hint": None}
    return new_class(f"Postgres{ours.__name__}", (ours, theirs), exec_body=lambda scope: scope.update(body))


def is_outdated(error: BaseException) -> bool:
    """Whether the connection remembers tables or types that are no longer there."""
    if isinstance(error, (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)):
        return True
    # PostgreSQL's own message for a type that was dropped and made anew; it is not translated into other languages.
    return isinstance(error, asyncpg.InternalServerError) and "cache lookup failed for type" in str(error.args[0])


def _constraint(error: asyncpg.PostgresError, state: str) -> str:
    name = getattr(error, "constraint_name", None)
    table = getattr(error, "table_name", None)
    of_table = f" of table {table}" if table else ""
    if state == "23502":
        return f"NOT NULL constraint failed: column {getattr(error, 'column_name', None)}{of_table} got no value."
    kinds = {"23505": "UNIQUE", "23503": "FOREIGN KEY", "23514": "CHECK", "23P01": "EXCLUDE", "23001": "RESTRICT"}
    return f"{kinds.get(state, 'A')} constraint failed: {name or 'unnamed'}{of_table}."


def _about_data(error: asyncpg.PostgresError, state: str) -> str:
    argument = _argument(str(error.args[0]))
    if argument:
        return argument
    words = _WORDS.sub(" ", type(error).__name__.removesuffix("Error")).lower()
    return _DATA.get(state) or f"PostgreSQL cannot use a value of the statement: {words}."


def _argument(message: str) -> str | None:
    found = _ARGUMENT.match(message)
    if found is None:
        return None
    of_set = f" of set {int(found[2]) + 1}" if found[2] else ""
    argument = f"Argument ${found[1]}{of_set}"
    if message.endswith("surrogates not allowed)"):
        return f"{argument} cannot be stored: it holds half of a surrogate pair, which has no place in UTF-8."
    if bits := _TOO_LARGE.search(message):
        return f"{argument} does not fit: integers of its type have {bits[1]} bits. Use a larger type, or numeric."
    reason = _EXPECTED.search(message)
    return (
        f"{argument} does not fit the type PostgreSQL wants there{': ' + reason[1] if reason else ''}. "
        "Convert the value, or CAST(… AS …) in the statement."
    )


def _asyncpg_says(error: Exception) -> str:
    return f"asyncpg says: {str(error.args[0]).rstrip('.')}."


def _sentence(error: asyncpg.PostgresError, state: str) -> str:
    message = str(error.args[0]).rstrip(".")
    if state == "42P01":
        return f"{message}. Create it with `db.create_all(metadata)` or a migration."
    return f"PostgreSQL says: {message}."
