"""sqlite3's errors in Evenflow's words. Each is also an instance of sqlite3's own class."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

from evenflow.errors import (
    CannotOpen,
    ConstraintViolated,
    DatabaseError,
    DatabaseLocked,
    QueryError,
    QueryTimeout,
    ReadOnly,
)


class SqliteConstraintViolated(ConstraintViolated, sqlite3.IntegrityError):
    """The statement would break a constraint."""


class SqliteLocked(DatabaseLocked, sqlite3.OperationalError):
    """Another process holds the database's write lock."""


class SqliteReadOnly(ReadOnly, sqlite3.OperationalError):
    """The database can only be read here."""


class SqliteInterrupted(QueryTimeout, sqlite3.OperationalError):
    """The statement was interrupted."""


class SqliteOperationalError(QueryError, sqlite3.OperationalError):
    """SQLite could not run the statement."""


class SqliteProgrammingError(QueryError, sqlite3.ProgrammingError):
    """The statement was used in a wrong way."""


class SqliteDataError(QueryError, sqlite3.DataError):
    """A value does not fit SQLite."""


class SqliteDatabaseError(QueryError, sqlite3.DatabaseError):
    """SQLite met an error."""


class SqliteNotADatabase(CannotOpen, sqlite3.DatabaseError):
    """The file is not a SQLite database."""


_CODES: dict[int, tuple[type[DatabaseError], str]] = {
    sqlite3.SQLITE_BUSY: (
        SqliteLocked,
        "The database is locked: another connection or process has been writing for longer than busy_timeout.",
    ),
    sqlite3.SQLITE_LOCKED: (SqliteLocked, "The table is locked by another statement of this database."),
    sqlite3.SQLITE_READONLY: (
        SqliteReadOnly,
        "The database can only be read here: the file, its directory, the URL (mode=ro) or a read-only "
        "transaction does not allow writes.",
    ),
    sqlite3.SQLITE_INTERRUPT: (SqliteInterrupted, "The statement was interrupted."),
    sqlite3.SQLITE_FULL: (
        SqliteOperationalError,
        "The disk is full (or max_page_count is reached): nothing of this statement was kept. Make room and try again.",
    ),
    sqlite3.SQLITE_NOTADB: (SqliteNotADatabase, "The file is not a SQLite database (or it is encrypted)."),
    sqlite3.SQLITE_CORRUPT: (
        SqliteDatabaseError,
        "The database file is damaged. Restore a backup, or try `sqlite3 FILE .recover`.",
    ),
}

_CLASSES: list[tuple[type[Exception], type[DatabaseError]]] = [
    (sqlite3.IntegrityError, SqliteConstraintViolated),
    (sqlite3.OperationalError, SqliteOperationalError),
    (sqlite3.ProgrammingError, SqliteProgrammingError),
    (sqlite3.DataError, SqliteDataError),
    (sqlite3.Error, SqliteDatabaseError),
    (OverflowError, SqliteDataError),
]

_CONSTRAINT = re.compile(r"constraint failed: (.+)$")


def translated(error: BaseException, statement: str | None) -> BaseException:
    """Evenflow's error for one of sqlite3's, with `error` as its cause; any other error unchanged."""
    if isinstance(error, UnicodeEncodeError):  # which holds the text itself, so it is not kept as the cause
        sentence = "A text cannot be stored: it holds half of a surrogate pair, which has no place in UTF-8."
        return SqliteDataError(sentence, statement=statement)
    if not isinstance(error, (sqlite3.Error, OverflowError)) or isinstance(error, DatabaseError):
        return error
    ours = _built(error, statement)
    ours.__cause__ = error
    return ours


def _built(error: Exception, statement: str | None) -> DatabaseError:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and (code & 0xFF) in _CODES:
        kind, sentence = _CODES[code & 0xFF]
        return kind(sentence, statement=statement)
    ours = next(ours for theirs, ours in _CLASSES if isinstance(error, theirs))
    made = ours(_sentence(error), statement=statement)
    if isinstance(made, ConstraintViolated):
        found = _CONSTRAINT.search(str(error))
        made.constraint = found.group(1) if found else None
    return made


def _sentence(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OverflowError):
        return "A value does not fit: SQLite's integers have 64 bits. Store larger ones as text or numeric."
    for pattern, sentence in _SENTENCES:
        if found := pattern.search(text):
            return sentence(found)
    return f"SQLite says: {text.rstrip('.')}."


_SENTENCES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (
        re.compile(r"^(UNIQUE|NOT NULL|CHECK|FOREIGN KEY|PRIMARY KEY) constraint failed(?:: (.+))?$"),
        lambda m: f"{m[1]} constraint failed{': ' + m[2] if m[2] else ''}.",
    ),
    (
        re.compile(r"^no such table: (.+)$"),
        lambda m: f"no such table: {m[1]}. Create it with `db.create_all(metadata)` or a migration.",
    ),
]
