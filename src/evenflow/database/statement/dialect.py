"""SQLAlchemy dialects without an engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect


def sqlite_dialect() -> Dialect:
    """SQLAlchemy's SQLite dialect, set up as it is after an engine has connected."""
    # With the driver's module the dialect learns by itself what this SQLite can do.
    dialect = SQLiteDialect_pysqlite(paramstyle="qmark", dbapi=sqlite3)
    dialect.server_version_info = sqlite3.sqlite_version_info
    return dialect


def postgres_dialect() -> Dialect:
    """SQLAlchemy's asyncpg dialect for a recent server; `server_version_info` is to be set once it is known."""
    from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

    new: Callable[[], Dialect] = PGDialect_asyncpg  # untyped in SQLAlchemy
    return _told(new(), (15, 0))


def mysql_dialect(*, mariadb: bool = False) -> Dialect:
    """SQLAlchemy's asyncmy dialect for a recent server; its version and abilities are to be set once they are known."""
    from sqlalchemy.dialects.mysql.asyncmy import MySQLDialect_asyncmy

    dialect = MySQLDialect_asyncmy(is_mariadb=mariadb)
    return _told(dialect, (10, 11, 0) if mariadb else (8, 0, 30))


def _told(dialect: Any, version: tuple[int, ...]) -> Dialect:
    dialect.server_version_info = version
    dialect._json_serializer = dialect._json_serializer or json.dumps
    dialect._json_deserializer = dialect._json_deserializer or json.loads
    told: Dialect = dialect
    return told
