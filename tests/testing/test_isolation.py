"""`isolated`: what is committed is gone afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import BackgroundTasks, FastAPI

from evenflow import ConstraintViolated, Database, Evenflow, LifecycleError
from evenflow.testing import concurrently, isolated, open_client, open_live_client
from evenflow.testing.isolation import copy_database
from tests.database_servers import mysql_database, postgres_database

metadata = sa.MetaData()
names = sa.Table("names", metadata, sa.Column("name", sa.String(50), primary_key=True))
count = sa.select(sa.func.count()).select_from(names)


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'names.db'}"
        return
    make = postgres_database if request.param == "postgres" else mysql_database
    with make(f"evenflow_isolated_{uuid4().hex[:8]}") as server:
        yield server


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    db = Database(url)
    async with db:
        await db.create_all(metadata)
        await db.execute(names.insert().values(name="Eve"))
    yield db
    async with db:
        assert [row["name"] for row in await db.fetch_all(names.select())] == ["Eve"]


def api(db: Database) -> FastAPI:
    app = FastAPI()
    Evenflow(app, database=db)

    @app.post("/{name}")
    async def add(name: str, tasks: BackgroundTasks) -> int:
        async with db.transaction():
            await db.execute(names.insert().values(name=name))
        tasks.add_task(later, name)
        return int(await db.fetch_val(count))

    async def later(name: str) -> None:
        await db.execute(names.insert().values(name=f"{name} again"))

    return app


@pytest.mark.parametrize("opening", [open_client, open_live_client])
async def test_commits_of_routes_and_background_tasks_are_undone(db: Database, opening: Callable[..., Any]) -> None:
    async with isolated(db), opening(api(db)) as client:
        assert (await client.post("/Ada")).json() == 2
        assert await db.fetch_val(count) == 3


async def test_commits_of_tasks_at_once_are_undone(db: Database) -> None:
    async def add(number: int) -> None:
        async with db.transaction():
            await db.execute(names.insert().values(name=f"name {number}"))

    async with isolated(db):
        await concurrently(10, add)
        await asyncio.create_task(add(10))
        assert await db.fetch_val(count) == 12


async def test_an_inner_transaction_fails_alone(db: Database) -> None:
    async with isolated(db):
        await db.execute(names.insert().values(name="Ada"))
        with pytest.raises(ConstraintViolated):
            async with db.transaction():
                await db.execute(names.insert().values(name="Bob"))
                await db.execute(names.insert().values(name="Ada"))
        assert await db.fetch_val(count) == 2


async def test_what_was_connected_is_connected_again(db: Database) -> None:
    async with db:
        async with isolated(db):
            await db.execute(names.delete())
        assert await db.fetch_val(count) == 1


async def test_it_is_undone_where_the_app_disconnects_itself(db: Database) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with db:
            yield

    app = FastAPI(lifespan=lifespan)
    app.post("/")(lambda: None)
    async with isolated(db):
        for _ in range(2):
            async with open_client(app):
                await db.execute(names.insert().values(name="Ada"))


async def test_another_database_can_take_its_place(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'own.db'}")
    async with isolated(db, f"sqlite:///{tmp_path / 'other.db'}"):
        await db.execute("SELECT 1")

    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "own.db").exists()
    assert db.url.database == str(tmp_path / "own.db")


async def test_a_connected_database_in_memory_is_refused() -> None:
    async with Database("sqlite:///:memory:") as db:
        with pytest.raises(LifecycleError, match="in memory and connected already"):
            async with isolated(db):
                pass


async def test_a_database_in_memory_begins_empty() -> None:
    db = Database("sqlite:///:memory:")
    for _ in range(2):
        async with isolated(db):
            await db.create_all(metadata)
            await db.execute(names.insert().values(name="Ada"))
            assert await db.fetch_val(count) == 1


def test_a_copy_has_what_is_still_in_the_log_of_the_original(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.db", isolation_level=None)) as own:
        own.execute("PRAGMA journal_mode=WAL")
        own.execute("CREATE TABLE t AS SELECT 5 AS n")
        copy_database(tmp_path / "own.db", tmp_path / "copy.db", rows=True)

    assert answered(tmp_path / "copy.db", "SELECT n FROM t") == [(5,)]


def test_a_copy_without_rows_has_everything_else(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.db")) as own:
        own.executescript(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT UNIQUE);
            CREATE INDEX by_n ON t (n);
            CREATE TRIGGER twice AFTER INSERT ON t WHEN new.n < 100 BEGIN INSERT INTO t (n) VALUES (new.n + 100); END;
            CREATE VIEW v AS SELECT n FROM t;
            CREATE VIRTUAL TABLE texts USING fts5 (body);
            CREATE TABLE alembic_version (version_num);
            INSERT INTO alembic_version VALUES ('a1b2');
            INSERT INTO t (n) VALUES (5);
            INSERT INTO texts VALUES ('a word');
            PRAGMA user_version = 7;
            """
        )
    copy_database(tmp_path / "own.db", tmp_path / "copy.db", rows=False)

    assert answered(tmp_path / "copy.db", "SELECT * FROM v", "SELECT * FROM texts") == []
    assert answered(tmp_path / "copy.db", "SELECT * FROM alembic_version", "PRAGMA user_version") == [("a1b2",), (7,)]
    assert answered(tmp_path / "copy.db", "INSERT INTO t (n) VALUES (1)", "SELECT n FROM v") == [(1,), (101,)]
    assert answered(tmp_path / "copy.db", "SELECT name FROM sqlite_master WHERE name = 'by_n'") == [("by_n",)]


def test_a_copy_of_nothing_is_empty_and_makes_no_original(tmp_path: Path) -> None:
    copy_database(tmp_path / "own.db", tmp_path / "copy.db", rows=False)

    assert not (tmp_path / "own.db").exists()
    assert (tmp_path / "copy.db").exists()


def answered(file: Path, *statements: str) -> list[Any]:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        return [row for statement in statements for row in database.execute(statement)]
