"""What must never happen on a server, however calls are cancelled and connections die."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import sqlalchemy as sa

from evenflow import ConnectionLost, Database, PoolTimeout, TransactionClosed
from tests.database_servers import mysql_database, postgres_database
from tests.integration.load import Load, accounts, prepare
from tests.integration.own_servers import OwnServer, own_mysql, own_postgres

pytestmark = pytest.mark.slow

BACKENDS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}
IDLE_IN_TRANSACTION = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx",
}
KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    make = postgres_database if request.param == "postgresql" else mysql_database
    with make(f"evenflow_torture_{uuid4().hex[:8]}") as url:
        yield url


@pytest.fixture
async def watcher(url: str) -> AsyncIterator[Database]:
    """A connection beside the tortured pool."""
    async with Database(url, max_size=1) as database:
        await database.execute("DROP TABLE IF EXISTS accounts")
        await database.execute("DROP TABLE IF EXISTS tokens")
        await prepare(database)
        yield database


async def _settled(db: Database, watcher: Database) -> None:
    """Everything given back, nothing open on the server."""
    deadline = time.monotonic() + 10
    open_transactions = IDLE_IN_TRANSACTION[watcher.url.dialect]
    while db.statistics().lent or db.statistics().waiting or await watcher.fetch_val(open_transactions):
        assert time.monotonic() < deadline, db.statistics()
        await asyncio.sleep(0.05)
    assert db.statistics().connections <= 8


async def test_two_thousand_random_cancels_harm_nobody(url: str, watcher: Database) -> None:
    async with Database(url, max_size=8, pool_timeout=30) as db:
        load = Load(db)
        over = False
        cancelled = 0

        async def innocent() -> None:
            while not over:
                try:
                    await load.one()
                except Exception as error:  # every error is one too many
                    load.errors[f"{type(error).__name__}: {error}"] += 1

        async def victim() -> None:
            nonlocal cancelled
            while cancelled < 2000:
                task = asyncio.create_task(load.one())
                await asyncio.sleep(random.choice((0, 0.0002, 0.001, 0.003)))
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled += 1
                except Exception as error:
                    load.errors[f"{type(error).__name__}: {error}"] += 1

        innocents = [asyncio.create_task(innocent()) for _ in range(8)]
        await asyncio.gather(*(victim() for _ in range(8)))
        over = True
        await asyncio.gather(*innocents)
        await _settled(db, watcher)
        await load.check(watcher)
        assert cancelled >= 2000


async def test_fifty_killed_backends_cost_only_their_own_statements(url: str, watcher: Database) -> None:
    async with Database(url, max_size=8, pool_timeout=30) as db:
        load = Load(db)
        lost = 0
        over = False

        async def busy() -> None:
            nonlocal lost
            while not over:
                try:
                    await load.one()
                except (ConnectionLost, TransactionClosed):
                    lost += 1
                except Exception as error:
                    load.errors[f"{type(error).__name__}: {error}"] += 1

        tasks = [asyncio.create_task(busy()) for _ in range(16)]
        killed = 0
        while killed < 50:
            await asyncio.sleep(0.02)
            backends = [row[0] for row in await watcher.fetch_all(BACKENDS[db.url.dialect])]
            if backends:
                with suppress(Exception):  # it may have gone by itself
                    await watcher.execute(KILL[db.url.dialect].format(random.choice(backends)))
                    killed += 1
        over = True
        await asyncio.gather(*tasks)
        await _settled(db, watcher)
        await load.check(watcher)
        assert lost <= 2 * killed
        assert db.statistics().retried > 0


async def test_a_wait_for_a_connection_ends_with_who_holds_them(url: str, watcher: Database) -> None:
    async with Database(url, max_size=2, pool_timeout=0.3) as db:
        done = asyncio.Event()

        async def hold() -> None:
            async with db.connection() as connection:
                await connection.fetch_val("SELECT 1")
                await done.wait()

        holders = [asyncio.create_task(hold()) for _ in range(2)]
        while db.statistics().lent < 2:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        with pytest.raises(PoolTimeout, match=r"test_server_torture\.py:\d+ .*test_server_torture\.py"):
            await db.fetch_val("SELECT 1")
        assert 0.2 < time.monotonic() - started < 2
        done.set()
        await asyncio.gather(*holders)
        assert await db.fetch_val("SELECT 1") == 1
        assert db.statistics().exhausted == 1


@pytest.fixture(params=[own_postgres, own_mysql], ids=["postgresql", "mysql"])
def own_server(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    # Not in tmp_path, which nobody but the user of the tests may enter: servers run as users of their own.
    with TemporaryDirectory() as folder, request.param(Path(folder)) as server:
        yield server


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_server_that_comes_back_is_used_again_and_nothing_acknowledged_is_lost(
    own_server: OwnServer, end: str
) -> None:
    async with Database(own_server.url, max_size=8, pool_timeout=30) as db:
        await prepare(db)
        load = Load(db)
        over = False

        async def busy() -> None:
            while not over:
                try:
                    await load.one()
                except (ConnectionLost, TransactionClosed):
                    pass  # what was under way when the server went
                except Exception as error:
                    load.errors[f"{type(error).__name__}: {error}"] += 1

        tasks = [asyncio.create_task(busy()) for _ in range(32)]
        await asyncio.sleep(1)
        await asyncio.to_thread(getattr(own_server, end))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(own_server.start)
        before = load.done
        deadline = time.monotonic() + 30
        while load.done < before + 500:
            assert time.monotonic() < deadline, f"{load.done - before} done since the server is back; {load.errors}"
            await asyncio.sleep(0.1)
        over = True
        await asyncio.gather(*tasks)
        assert db.statistics().lent == 0
        await load.check(db)


async def test_a_stream_forgotten_in_another_thread_gives_its_connection_back(url: str, watcher: Database) -> None:
    async with Database(url, max_size=1, pool_timeout=2) as db:
        other = accounts.alias()
        streams = [db.iterate(sa.select(accounts.c.id, other.c.name).select_from(accounts.join(other, sa.true())))]
        await anext(streams[0])
        assert db.statistics().lent == 1
        await asyncio.to_thread(streams.clear)
        assert await db.fetch_val("SELECT 1") == 1
        assert db.statistics().lent == 0
