"""Opening a SQLite connection, and saying in a sentence why that did not work."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy.engine import Dialect

from evenflow.database.drivers.sqlite.errors import translated
from evenflow.database.drivers.sqlite.settings import SqliteTarget
from evenflow.errors import CannotOpen, DatabaseError


def connect(target: SqliteTarget, dialect: Dialect, *, reading: bool) -> sqlite3.Connection:
    """A connection with the target's settings; `reading` ones refuse to write. Raises CannotOpen."""
    settings = target.settings
    try:
        connection = sqlite3.connect(
            target.filename,
            uri=target.uri,
            timeout=settings.busy_timeout,
            isolation_level=None,  # BEGIN and COMMIT are ours to say
            check_same_thread=False,  # opened in its thread, interrupted from the loop's
            cached_statements=settings.cached_statements,
        )
        try:
            _set_up(connection, target, reading=reading)
            if extend := dialect.on_connect():
                extend(connection)  # the functions SQLAlchemy compiles to, such as REGEXP
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise _explained(error, target) from error
    return connection


def _set_up(connection: sqlite3.Connection, target: SqliteTarget, *, reading: bool) -> None:
    settings = target.settings
    if not (target.read_only or reading or target.memory):
        connection.execute(f"PRAGMA journal_mode = {settings.journal_mode}").fetchone()
    connection.execute(f"PRAGMA synchronous = {settings.synchronous}")
    connection.execute(f"PRAGMA foreign_keys = {'on' if settings.foreign_keys else 'off'}")
    if reading:
        connection.execute("PRAGMA query_only = on")
    connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # reads the file: is it a database?


def _explained(error: sqlite3.Error, target: SqliteTarget) -> CannotOpen | DatabaseError:
    path = _path(target)
    if path is None:
        return CannotOpen(f"SQLite cannot open {target.filename!r}: {error}.")
    directory = path.parent
    if not directory.is_dir():
        return CannotOpen(f"{path} cannot be opened: there is no directory {directory}. Create it first.")
    if path.is_dir():
        return CannotOpen(f"{path} is a directory; the URL must name a file in it, such as {path / 'app.db'}.")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return CannotOpen(f"{path} is not a SQLite database. Is it the right file?")
    if code == sqlite3.SQLITE_BUSY:
        locked = translated(error, None)
        assert isinstance(locked, DatabaseError)
        return locked
    if target.read_only and not path.exists():
        return CannotOpen(f"{path} does not exist, and mode=ro does not create it.")
    if not os.access(path if path.exists() else directory, os.W_OK) or code == sqlite3.SQLITE_READONLY:
        return CannotOpen(
            f"{path} cannot be written by this user. Change its permissions and those of {directory} "
            "(SQLite writes files beside it), or open it for reading with ?mode=ro."
        )
    return CannotOpen(f"{path} cannot be opened. SQLite says: {error}.")


def _path(target: SqliteTarget) -> Path | None:
    if target.memory:
        return None
    name = target.filename
    if target.uri:
        name = name.removeprefix("file:").partition("?")[0]
    return Path(name).absolute()
