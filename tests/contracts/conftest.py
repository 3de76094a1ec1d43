"""One suite for every driver: `db` is a connected database with the tables of `tests.contracts.tables`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from evenflow import Database
from tests.contracts.tables import metadata
from tests.database_servers import empty, mysql_database, postgres_database

DRIVERS = ["sqlite file", "sqlite memory", "postgres", "mysql"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL database of this process."""
    with postgres_database(f"evenflow_{uuid4().hex[:12]}") as url:
        yield url


@pytest.fixture(scope="session")
def mysql() -> Iterator[str]:
    """A MySQL or MariaDB database of this process."""
    with mysql_database(f"evenflow_{uuid4().hex[:12]}") as url:
        yield url


@pytest.fixture(params=DRIVERS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite memory":
        return "sqlite://"
    if request.param == "sqlite file":
        return f"sqlite:///{tmp_path}/contract.db"
    server: str = request.getfixturevalue(request.param)
    empty(server)
    return server


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    """On a server with as many connections as SQLite lends."""
    async with Database(url, pool_timeout=0.5, **_size(url, 8)) as database:
        await database.create_all(metadata)
        yield database


@pytest.fixture
async def patient(url: str) -> AsyncIterator[Database]:
    """The same, with time to wait: for tests in which hundreds of statements wait for each other."""
    async with Database(url, pool_timeout=10, **_size(url, 8)) as database:
        await database.create_all(metadata)
        yield database


@pytest.fixture
async def crowded(url: str) -> AsyncIterator[Database]:
    """A database in which one transaction that writes keeps all others waiting: any SQLite, or a pool of one."""
    async with Database(url, pool_timeout=0.5, **_size(url, 1)) as database:
        await database.create_all(metadata)
        yield database


def _size(url: str, connections: int) -> dict[str, int]:
    return {} if url.startswith("sqlite") else {"max_size": connections}


@pytest.fixture
def in_memory(url: str) -> bool:
    """Whether one connection serves everybody, so that nobody reads while a transaction is open."""
    return url == "sqlite://"


@pytest.fixture
def dialect(url: str) -> str:
    """What the database speaks: sqlite, postgresql or mysql."""
    return url.partition(":")[0]


@pytest.fixture
async def returning(db: Database, dialect: str) -> Database:
    """The database, where it has RETURNING."""
    if dialect == "mysql" and "MariaDB" not in await db.fetch_val("SELECT VERSION()"):
        pytest.skip("MySQL has no RETURNING; MariaDB has")
    return db
