"""`db`: the app's Database inside a transaction that is rolled back, whoever commits."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from evenflow.database import Database, DatabaseURL
from evenflow.errors import LifecycleError, QueryError
from evenflow.testing.application import database_of
from evenflow.testing.lifespan import running

_STARTED_ONCE = pytest.StashKey[bool]()
_ALEMBIC = "alembic_version"
_DDL_COMMITS = {"mysql", "mariadb"}


@asynccontextmanager
async def isolated(database: Database, url: str | DatabaseURL | None = None) -> AsyncIterator[Database]:
    """`database`, connected, inside one transaction that all tasks share and that is rolled back at the end.

    Transactions inside are savepoints, so a commit is undone as well. `url` is the database to use meanwhile in place
    of its own. One that is connected already is disconnected, and connected again at the end; for one in memory, which
    would lose everything, LifecycleError is raised.
    """
    connected = database.is_connected
    if connected and _file(database.url) is None and database.url.dialect == "sqlite":
        raise LifecycleError(
            "This database is in memory and connected already, so it cannot be put inside a transaction. Ask for `db` "
            "before the app is started."
        )
    own = database.url
    await database.disconnect()
    database.url = DatabaseURL(url) if url is not None else own
    try:
        with database.force_rollback():
            await database.connect()
            try:
                yield database
            finally:
                await database.disconnect()
    finally:
        database.url = own
        if connected:
            await database.connect()


async def made(
    app: object, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """The fixture.

    Instead of a file of SQLite's each worker of pytest-xdist has its own, so that none waits for another: of the app's
    own file the tables without their rows, of one that `evenflow_database_url` names the rows as well.
    """
    database = database_of(app, pytestconfig)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    named = str(pytestconfig.getini("evenflow_database_url")).replace("{worker}", worker)
    url = DatabaseURL(named) if named else database.url
    file = _file(url)
    if file is not None:
        copy = tmp_path_factory.getbasetemp() / f"evenflow-{file.name}"
        if not copy.exists():
            await asyncio.to_thread(copy_database, file, copy, rows=bool(named))
        url = url.replace(database=str(copy))
    if url.dialect in _DDL_COMMITS and not pytestconfig.stash.get(_STARTED_ONCE, False):
        await _started_once(app, database, url)
        pytestconfig.stash[_STARTED_ONCE] = True
    async with isolated(database, url) as given:
        yield given


async def _started_once(app: object, database: Database, url: DatabaseURL) -> None:
    """Has the app make its tables outside of the transaction, which a CREATE TABLE inside would end."""
    own, database.url = database.url, url
    try:
        async with database:
            try:
                async with running(app):
                    pass
            except QueryError:  # another worker of pytest-xdist makes the same tables at this moment
                async with running(app):
                    pass
    finally:
        database.url = own


def copy_database(file: Path, to: Path, *, rows: bool) -> None:
    """Copies a database of SQLite's as it is now, also while others write to it; what is not there is empty.

    Without `rows` only what it is made of is copied: tables, indexes, views, triggers, and Alembic's mark of how far it
    has come.
    """
    with closing(sqlite3.connect(to)) as target:
        if not file.exists():
            return
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
            if rows:
                source.backup(target)
            else:
                _copy_schema(source, target)


def _copy_schema(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    # Shadow tables are made by the virtual tables they belong to.
    shadows = {name for name, kind in source.execute("SELECT name, type FROM pragma_table_list") if kind == "shadow"}
    made = source.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND substr(name, 1, 7) != 'sqlite_' ORDER BY rowid"
    ).fetchall()
    for name, sql in made:
        if name not in shadows:
            target.execute(sql)
    (version,) = source.execute("PRAGMA user_version").fetchone()
    target.execute(f"PRAGMA user_version = {int(version)}")
    if any(name == _ALEMBIC for name, _ in made):
        marks = source.execute(f"SELECT version_num FROM {_ALEMBIC}").fetchall()
        target.executemany(f"INSERT INTO {_ALEMBIC} (version_num) VALUES (?)", marks)
    target.commit()


def _file(url: DatabaseURL) -> Path | None:
    """The file of a database of SQLite's; None for one in memory, and for a server's."""
    if url.dialect != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
        return None
    return Path(url.database)
