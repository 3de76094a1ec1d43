"""SQLAlchemy dialects without an engine."""

from __future__ import annotations

import sqlite3

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect


def sqlite_dialect() -> Dialect:
    """SQLAlchemy's SQLite dialect, set up as it is after an engine has connected."""
    # With the driver's module the dialect learns by itself what this SQLite can do.
    dialect = SQLiteDialect_pysqlite(paramstyle="qmark", dbapi=sqlite3)
    dialect.server_version_info = sqlite3.sqlite_version_info
    return dialect
