"""Claims of encode/databases' suite that its tests make through private attributes, made here in public words."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from pathlib import Path

import pytest

from evenflow import Database
from evenflow.errors import CannotOpen, ConfigError, NotConnected, PoolTimeout
from tests.contracts.tables import notes


@pytest.mark.slow
async def test_queries_work_after_an_error(crowded: Database) -> None:  # test_queries_after_error[Exception]
    async with crowded.transaction():
        await crowded.execute(notes.insert(), {"text": "held"})
        refused = crowded.execute(notes.insert(), {"text": "refused"})
        other = asyncio.create_task(refused, context=contextvars.Context())
        with pytest.raises(PoolTimeout):
            await other

    assert len(await crowded.fetch_all(notes.select())) == 1


async def test_queries_work_after_a_cancellation(db: Database) -> None:  # test_queries_after_error[CancelledError]
    task = asyncio.create_task(db.fetch_all(notes.select()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await db.fetch_all(notes.select()) == []


async def test_a_task_stands_in_no_transaction_after_its_end(db: Database) -> None:
    # test_transaction_context_cleanup_contextmanager
    async with db.transaction():
        await db.execute(notes.insert(), {"text": "inside"})

    await db.execute(notes.insert(), {"text": "outside"})
    async with db.transaction(force_rollback=True):
        pass
    assert len(await db.fetch_all(notes.select())) == 2
    assert db.statistics().lent == 0


async def test_a_transaction_nobody_ends_is_rolled_back_by_disconnect(url: str) -> None:
    # test_transaction_context_cleanup_garbagecollector, which hangs at disconnect without the end it gives it
    database = Database(url)
    await database.connect()
    await database.execute("CREATE TABLE IF NOT EXISTS t (x INTEGER)")
    transaction = await database.transaction()
    await database.execute("INSERT INTO t VALUES (1)")
    del transaction
    gc.collect()
    async with asyncio.timeout(5):
        await database.disconnect()

    with pytest.raises(NotConnected):
        await database.fetch_all("SELECT * FROM t")
    async with database:
        await database.execute("CREATE TABLE IF NOT EXISTS t (x INTEGER)")
        assert await database.fetch_all("SELECT * FROM t") == []


async def test_a_database_in_memory_keeps_its_tables_between_statements() -> None:
    # the opposite of test_should_not_maintain_ref_when_no_cache_param
    async with Database("sqlite:///file::memory:", uri=True) as database:
        await database.execute("CREATE TABLE t (x INTEGER)")
        await database.execute("INSERT INTO t VALUES (1)")

        assert await database.fetch_val("SELECT x FROM t") == 1


def test_options_of_the_url_and_keywords_are_checked_alike() -> None:  # test_connection_options.py
    for make in (lambda: Database("sqlite:///x.db?min_size=1"), lambda: Database("sqlite:///x.db", min_size=1)):
        with pytest.raises(ConfigError, match="no option 'min_size'"):
            make()


async def test_a_database_that_cannot_be_opened_can_be_opened_later(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/later/app.db")
    with pytest.raises(CannotOpen):
        await database.connect()
    assert not database.is_connected

    (tmp_path / "later").mkdir()
    async with database:
        assert await database.fetch_val("SELECT 1") == 1
