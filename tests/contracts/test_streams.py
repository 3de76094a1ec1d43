"""`iterate()` and `connection()`: what they hold, and when they give it back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pydantic
import pytest
import sqlalchemy as sa

from evenflow import Database
from evenflow.database import Connection
from evenflow.errors import (
    ConnectionLost,
    NotConnected,
    PoolTimeout,
    QueryError,
    QueryTimeout,
    RowInvalid,
    TransactionClosed,
)
from tests.contracts.slow import slow
from tests.contracts.tables import notes


@pytest.fixture
async def thousand(db: Database) -> Database:
    await db.execute_many(notes.insert(), [{"text": f"n{n}"} for n in range(1000)])
    return db


async def test_iterate_gives_every_row_in_order(thousand: Database) -> None:
    found = [row.text async for row in thousand.iterate(notes.select().order_by(notes.c.id))]

    assert found == [f"n{n}" for n in range(1000)]


async def test_queries_inside_iterate_work(thousand: Database) -> None:
    count = 0
    async for row in thousand.iterate(notes.select()):
        found = await thousand.fetch_val(sa.select(notes.c.text).where(notes.c.id == row.id))
        count += found == row.text

    assert count == 1000


async def test_writes_inside_iterate_work_and_do_not_change_what_it_sees(thousand: Database) -> None:
    count = 0
    async for row in thousand.iterate(notes.select()):
        if count < 20:
            await thousand.execute(notes.insert(), {"text": f"new {row.id}"})
        count += 1

    assert count == 1000


async def test_queries_inside_iterate_work_in_a_transaction(thousand: Database) -> None:
    async with thousand.transaction():
        await thousand.execute(notes.insert(), {"text": "mine"})
        found = []
        async for row in thousand.iterate(notes.select().order_by(notes.c.id)):
            await thousand.execute(notes.update().where(notes.c.id == row.id).values(done=True))
            found.append(row.text)

    assert found[-1] == "mine"
    assert len(found) == 1001
    assert await thousand.fetch_val(sa.select(sa.func.count()).where(notes.c.done)) == 1001


async def test_breaking_out_of_iterate_gives_the_connection_back_at_once(thousand: Database) -> None:
    async for _ in thousand.iterate(notes.select()):
        break

    assert thousand.statistics().lent == 0


@pytest.mark.slow
async def test_a_thousand_broken_iterations_do_not_run_out_of_connections(thousand: Database) -> None:
    for _ in range(1000):
        async for _ in thousand.iterate(notes.select()):
            break

    assert thousand.statistics().lent == 0


async def test_iterating_too_many_results_at_once_names_who_holds_them(thousand: Database, in_memory: bool) -> None:
    if in_memory:
        pytest.skip("what lies in memory is read at once and holds nothing")
    streams = [thousand.iterate(notes.select()) for _ in range(9)]
    for stream in streams[:8]:
        await anext(stream)

    with pytest.raises(PoolTimeout, match=r"test_streams\.py:\d+ for"):
        await anext(streams[8])

    await streams[0].aclose()
    assert (await anext(thousand.iterate(notes.select()))).id == 1


async def test_iterate_is_for_reading(db: Database) -> None:
    with pytest.raises(QueryError, match="fetch_all"):
        async for _ in db.iterate(notes.insert().values(text="x").returning(notes.c.id)):
            pass


async def test_an_error_in_iterate_gives_the_connection_back(db: Database) -> None:
    with pytest.raises(QueryError, match="nothing_here"):
        async for _ in db.iterate("SELECT * FROM nothing_here"):
            pass

    assert db.statistics().lent == 0


async def test_a_row_that_does_not_fit_in_iterate_gives_the_connection_back(thousand: Database) -> None:
    with pytest.raises(RowInvalid):
        async for _ in thousand.iterate(notes.select(), into=Narrow):
            pass

    assert thousand.statistics().lent == 0


class Narrow(pydantic.BaseModel):
    text: int


@pytest.mark.parametrize("fails", ["into", "column"])
async def test_an_error_with_a_row_does_not_leave_later_reads_behind(thousand: Database, fails: str) -> None:
    kept = []
    for _ in range(8):  # each reader has its turn
        with pytest.raises((RowInvalid, KeyError)) as caught:
            if fails == "into":
                await thousand.fetch_one(notes.select(), into=Narrow)
            else:
                await thousand.fetch_val(notes.select(), column="nothing")
        kept.append(caught)
        key = await thousand.execute(notes.insert(), {"text": f"new {len(kept)}"})
        assert await thousand.fetch_val(sa.select(notes.c.id).where(notes.c.id == key)) == key


async def test_a_connection_keeps_its_temporary_tables_to_itself(db: Database, in_memory: bool) -> None:
    async with db.connection() as connection:
        await connection.execute("CREATE TEMPORARY TABLE mine (x INTEGER)")
        await db.execute("INSERT INTO mine VALUES (1)")
        assert await connection.fetch_val("SELECT x FROM mine") == 1
        assert await asyncio.create_task(db.fetch_val("SELECT x FROM mine")) == 1

    if not in_memory:
        with pytest.raises(QueryError, match="mine"):
            await db.fetch_val("SELECT x FROM mine")


async def test_a_connection_writes_beside_others_without_meeting_a_lock(db: Database) -> None:
    async def alone(n: int) -> None:
        async with db.connection() as connection:
            await connection.execute(notes.insert(), {"text": f"alone {n}"})
            async with connection.transaction():
                await connection.execute(notes.insert(), {"text": f"twice {n}"})

    await asyncio.gather(
        *(alone(n) for n in range(20)), *(db.execute(notes.insert(), {"text": f"together {n}"}) for n in range(100))
    )

    assert await db.fetch_val(sa.select(sa.func.count()).select_from(notes)) == 140


async def test_the_raw_connection_is_the_drivers_own(db: Database, dialect: str) -> None:
    library = {"sqlite": "sqlite3", "postgresql": "asyncpg", "mysql": "asyncmy"}[dialect]
    async with db.connection() as connection:
        kind = await connection.raw_connection.call(type)

    assert library in {each.__module__.partition(".")[0] for each in kind.__mro__}


async def test_what_is_called_with_the_raw_connection_is_awaited_where_that_can_be_done(
    db: Database, dialect: str
) -> None:
    marked = "CREATE TEMPORARY TABLE marked AS SELECT 42 AS x"

    async def by_cursor(raw: Any) -> None:
        async with raw.cursor() as cursor:
            await cursor.execute(marked)

    async with db.connection() as connection:
        await connection.raw_connection.call(by_cursor if dialect == "mysql" else lambda raw: raw.execute(marked))

        assert await connection.fetch_val("SELECT x FROM marked") == 42


async def test_an_error_of_what_is_called_with_the_raw_connection_comes_through(db: Database) -> None:
    def fails(_: object) -> None:
        raise KeyError("mine")

    async with db.connection() as connection:
        with pytest.raises(KeyError, match="mine"):
            await connection.raw_connection.call(fails)

        assert await connection.fetch_val("SELECT 1") == 1


async def test_the_raw_connection_has_the_methods_of_the_driver(db: Database, dialect: str) -> None:
    async with db.connection() as connection:
        raw = connection.raw_connection
        if dialect == "postgresql":
            assert await raw.fetchval("SELECT $1::int + 1", 41) == 42
        else:
            cursor = await raw.cursor()
            await cursor.execute("SELECT 42")
            assert tuple(await cursor.fetchone()) == (42,)
            await cursor.close()


async def test_the_raw_connection_is_not_there_outside_a_block(db: Database) -> None:
    with pytest.raises(NotConnected, match="async with"):
        _ = db.connection().raw_connection


async def test_a_stream_left_open_does_not_keep_the_database_from_closing(url: str) -> None:
    database = Database(url)
    await database.connect()
    stream = database.iterate("SELECT 1")
    await anext(stream)
    transaction = await database.transaction()
    await database.execute("CREATE TABLE t (x INTEGER)")

    async with asyncio.timeout(5):
        await database.disconnect()

    assert not database.is_connected
    assert transaction is not None


async def test_an_iteration_used_after_its_transaction_says_so(thousand: Database, in_memory: bool) -> None:
    async with thousand.transaction():
        await thousand.execute(notes.insert(), {"text": "begin"})
        stream = thousand.iterate(notes.select())
        await anext(stream)

    with pytest.raises((TransactionClosed, QueryError)):
        [row async for row in stream]
    assert thousand.statistics().lent == 0


async def test_a_timeout_beside_an_open_iteration_does_not_stop_innocent_statements(thousand: Database) -> None:
    stream = thousand.iterate(notes.select())
    await anext(stream)

    with pytest.raises(QueryTimeout):
        await thousand.fetch_val(slow(thousand, 5), timeout=0.05)

    assert await thousand.fetch_val(sa.select(sa.func.count()).select_from(notes)) == 1000
    assert len([row async for row in stream]) == 999


async def test_a_timeout_in_the_body_of_iterate_never_cuts_it_short_silently(thousand: Database) -> None:
    rows = []
    ended = False
    with contextlib.suppress(QueryError, TransactionClosed, ConnectionLost):
        async with thousand.transaction(readonly=True):
            async for row in thousand.iterate(notes.select()):
                if not rows:
                    with pytest.raises(QueryTimeout):
                        async with thousand.transaction():
                            await thousand.fetch_val(slow(thousand, 5), timeout=0.05)
                rows.append(row)
            ended = True

    assert len(rows) == 1000 or not ended
    assert thousand.statistics().lent == 0


async def test_two_tasks_cannot_ask_one_iteration_at_once(thousand: Database) -> None:
    stream = thousand.iterate(notes.select())

    outcomes = await asyncio.gather(anext(stream), anext(stream), return_exceptions=True)
    await stream.aclose()

    assert sum(isinstance(one, RuntimeError) for one in outcomes) == 1
    assert thousand.statistics().lent == 0


async def test_a_connection_is_the_same_one_in_whatever_task_it_is_used(db: Database) -> None:
    handed: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

    async def older() -> int:
        connection = await handed
        async with connection.transaction():
            found: int = await connection.fetch_val("SELECT x FROM mine")
        return found

    task = asyncio.create_task(older())
    async with db.connection() as connection:
        await connection.execute("CREATE TEMPORARY TABLE mine (x INTEGER)")
        await connection.execute("INSERT INTO mine VALUES (7)")
        handed.set_result(connection)
        assert await task == 7


async def test_statistics_count_statements(db: Database) -> None:
    before = db.statistics()
    await db.fetch_all(notes.select())
    async with db.connection() as connection:
        await connection.fetch_all(notes.select())
    async with db.transaction():
        await db.execute(notes.insert(), {"text": "a"})
    await asyncio.gather(
        *(db.execute(notes.insert(), {"text": "a"}) for _ in range(3)),
        db.execute(notes.insert(), {"text": "b"}),
        return_exceptions=True,
    )
    after = db.statistics()

    assert after.reads - before.reads == 2
    assert after.writes - before.writes == 5
    assert after.commits - before.commits == 1
    assert after.waiting == after.lent == 0
