"""Every error Evenflow raises, in one tree.

EvenflowError                      .transient: trying again may help
├── ConfigError (ValueError)       raised while building or opening, never later
│   └── UnknownDriver              the URL names a database Evenflow has no driver for
├── LifecycleError (RuntimeError)
│   └── NotConnected               a statement before `connect()` or after `disconnect()`
└── DatabaseError                  .statement: the SQL, never its values
    ├── CannotOpen                 no directory, no permission, not a database
    ├── ConnectionLost (ConnectionError, transient)
    ├── PoolTimeout (TimeoutError, transient)    waited too long for a connection or the writer
    ├── QueueFull (transient)      too many statements wait already
    ├── QueryTimeout (TimeoutError)              `timeout=` ran out
    ├── TransactionMisused (RuntimeError)
    │   ├── TransactionClosed      used after its end
    │   ├── OtherTask              used from a child task although `children="error"`
    │   └── ConcurrentTransactionUse             two tasks nest in one transaction at once
    └── QueryError                 the database refused the statement
        ├── ConstraintViolated     .constraint
        ├── DatabaseLocked (transient)           another process holds the write lock
        ├── TransactionConflict (transient)      deadlock or serialization failure: run the transaction again
        ├── ReadOnly               a write where only reads are possible
        └── RowInvalid             a row does not fit the type asked for with `into=`

An error of a driver is the `__cause__`. Where a driver has its own exception classes, Evenflow's
error is an instance of the matching one too, so `except sqlite3.IntegrityError` keeps working.
"""

from __future__ import annotations

from typing import ClassVar


class EvenflowError(Exception):
    """Something Evenflow could not do."""

    transient: ClassVar[bool] = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _first_line(type(self)))


def _first_line(error: type[EvenflowError]) -> str:
    return (error.__doc__ or error.__name__).strip().splitlines()[0]


class ConfigError(EvenflowError, ValueError):
    """A setting or a URL cannot be used as it is."""


class UnknownDriver(ConfigError):
    """The URL names a database Evenflow has no driver for."""


class LifecycleError(EvenflowError, RuntimeError):
    """Something was used before its start or after its end."""


class NotConnected(LifecycleError):
    """The database is not connected."""


class DatabaseError(EvenflowError):
    """The database could not do what was asked."""

    def __init__(self, message: str | None = None, *, statement: str | None = None) -> None:
        super().__init__(message)
        self.statement = statement

    def __str__(self) -> str:
        message = super().__str__()
        if self.statement is None:
            return message
        return f"{message} [statement: {_shortened(self.statement)}]"


def _shortened(statement: str, limit: int = 1000) -> str:
    text = " ".join(statement.split())
    return text if len(text) <= limit else f"{text[:limit]}…"


class CannotOpen(DatabaseError):
    """The database cannot be opened."""


class ConnectionLost(DatabaseError, ConnectionError):
    """The connection to the database was lost."""

    transient = True
    not_run: ClassVar[bool] = False
    """Whether the statement certainly did nothing, so that anything may be run again."""


class PoolTimeout(DatabaseError, TimeoutError):
    """No connection came free in time."""

    transient = True


class QueueFull(DatabaseError):
    """Too many statements are waiting already."""

    transient = True


class QueryTimeout(DatabaseError, TimeoutError):
    """The statement did not finish within its timeout."""


class TransactionMisused(DatabaseError, RuntimeError):
    """A transaction was used in a way that could lose work."""


class TransactionClosed(TransactionMisused):
    """The transaction has ended."""


class OtherTask(TransactionMisused):
    """The transaction belongs to another task."""


class ConcurrentTransactionUse(TransactionMisused):
    """Two tasks use one transaction's nested levels at once."""


class QueryError(DatabaseError):
    """The database refused the statement."""


class ConstraintViolated(QueryError):
    """The statement would break a constraint."""

    constraint: str | None = None


class DatabaseLocked(QueryError):
    """Another process holds the database's write lock."""

    transient = True


class TransactionConflict(QueryError):
    """Two transactions were in each other's way, and this one was given up: run it again."""

    transient = True


class ReadOnly(QueryError):
    """The database can only be read here."""


class RowInvalid(QueryError):
    """A row does not fit the type asked for."""
