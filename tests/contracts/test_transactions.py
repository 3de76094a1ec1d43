"""Transactions and tasks: who uses which connection, and what is kept."""

from __future__ import annotations

import asyncio
import contextvars
import random
from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from evenflow import Database
from evenflow.errors import (
    ConcurrentTransactionUse,
    ConnectionLost,
    ConstraintViolated,
    OtherTask,
    PoolTimeout,
    QueryTimeout,
    ReadOnly,
    TransactionClosed,
    TransactionConflict,
    TransactionMisused,
)
from tests.contracts.slow import slow, slow_insert
from tests.contracts.tables import metadata, notes, replies

GONE = (TransactionMisused, ConnectionLost)
"""What says that a transaction has been given up by the database."""


async def texts(db: Database) -> list[str]:
    return [row.text for row in await db.fetch_all(notes.select().order_by(notes.c.id))]


async def put(db: Database, text: str) -> None:
    await db.execute(notes.insert(), {"text": text})


async def test_a_transaction_is_kept_when_its_block_ends_well(db: Database) -> None:
    async with db.transaction():
        await put(db, "a")
        assert await texts(db) == ["a"]

    assert await texts(db) == ["a"]


async def test_a_transaction_is_undone_when_an_error_leaves_its_block(db: Database) -> None:
    with pytest.raises(KeyError):
        async with db.transaction():
            await put(db, "a")
            raise KeyError

    assert await texts(db) == []


async def test_a_nested_transaction_is_undone_alone(db: Database) -> None:
    async with db.transaction():
        await put(db, "a")
        with pytest.raises(KeyError):
            async with db.transaction():
                await put(db, "b")
                raise KeyError
        async with db.transaction():
            await put(db, "c")

    assert await texts(db) == ["a", "c"]


async def test_a_failing_statement_in_a_nested_transaction_leaves_the_outer_usable(db: Database) -> None:
    async with db.transaction():
        await put(db, "a")
        with pytest.raises(ConstraintViolated):
            async with db.transaction():
                await put(db, "lost")
                await put(db, "a")
        await put(db, "b")

    assert await texts(db) == ["a", "b"]


async def test_a_failing_statement_leaves_the_transaction_usable_or_given_up_whole(db: Database, dialect: str) -> None:
    gives_up = dialect == "postgresql"
    with pytest.raises(TransactionMisused, match=r"nested transaction\(\)") if gives_up else nullcontext():
        async with db.transaction():
            await put(db, "a")
            with pytest.raises(ConstraintViolated):
                await put(db, "a")
            await put(db, "b")

    assert await texts(db) == ([] if gives_up else ["a", "b"])


async def test_a_failing_statement_that_nobody_minded_does_not_lose_work_silently(db: Database, dialect: str) -> None:
    gives_up = dialect == "postgresql"
    with pytest.raises(TransactionMisused, match=r"nested transaction\(\)") if gives_up else nullcontext():
        async with db.transaction():
            await put(db, "a")
            with pytest.raises(ConstraintViolated):
                await put(db, "a")

    assert await texts(db) == ([] if gives_up else ["a"])
    assert db.statistics().lent == 0


async def test_a_commit_that_fails_keeps_nothing_and_says_why(db: Database, dialect: str) -> None:
    if dialect == "mysql":
        pytest.skip("MySQL checks constraints at once; none is left to COMMIT")
    with pytest.raises(ConstraintViolated):
        async with db.transaction():
            await put(db, "a")
            await db.execute(replies.insert(), {"note_id": 99})

    assert await texts(db) == []
    await put(db, "b")
    assert await texts(db) == ["b"]


async def test_a_plain_child_task_uses_its_parents_transaction(db: Database) -> None:
    async with db.transaction(force_rollback=True):
        await put(db, "parent")
        await asyncio.create_task(put(db, "child"))
        assert await asyncio.create_task(texts(db)) == ["parent", "child"]

    assert await texts(db) == []


async def test_gathered_children_see_each_other_and_roll_back_together(db: Database) -> None:
    with pytest.raises(KeyError):
        async with db.transaction():
            await asyncio.gather(*(put(db, str(n)) for n in range(20)))
            assert len(await texts(db)) == 20
            raise KeyError

    assert await texts(db) == []


async def test_children_may_be_refused(db: Database) -> None:
    async with db.transaction(children="error"):
        await put(db, "parent")
        with pytest.raises(OtherTask, match=r"test_transactions\.py:\d+"):
            await asyncio.create_task(put(db, "child"))


async def test_a_child_that_outlives_the_transaction_gets_an_error_that_names_its_place(db: Database) -> None:
    ended = asyncio.Event()

    async def late() -> None:
        await ended.wait()
        await put(db, "late")

    async with db.transaction():
        await put(db, "parent")
        child = asyncio.create_task(late())
    ended.set()

    with pytest.raises(TransactionClosed, match=r"test_transactions\.py:\d+"):
        await child
    assert await texts(db) == ["parent"]


async def test_two_tasks_that_nest_at_once_are_told_apart(db: Database) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with db.transaction():
            await put(db, "first")
            inside.set()
            await leave.wait()

    async with db.transaction():
        await put(db, "outer")
        child = asyncio.create_task(first())
        await inside.wait()
        with pytest.raises(ConcurrentTransactionUse, match=r"test_transactions\.py:\d+"):
            async with db.transaction():
                pass
        with pytest.raises(ConcurrentTransactionUse):
            await put(db, "would vanish with the child's rollback")
        leave.set()
        await child

    assert await texts(db) == ["outer", "first"]


async def test_an_unrelated_task_is_outside_the_transaction(db: Database, in_memory: bool) -> None:
    if in_memory:
        pytest.skip("a database in memory has one connection: others wait for the transaction")
    opened, seen = asyncio.Event(), asyncio.Event()

    async def other() -> list[str]:
        await opened.wait()
        found = await texts(db)
        seen.set()
        return found

    task = asyncio.create_task(other())
    async with db.transaction():
        await put(db, "a")
        opened.set()
        await seen.wait()

    assert await task == []


async def test_writers_that_lock_what_they_read_wait_for_each_other_and_none_is_lost(db: Database) -> None:
    await db.execute(notes.insert(), {"id": 1, "text": "0"})

    async def add_one() -> None:
        async with db.transaction():
            # SQLite has no FOR UPDATE and needs none.
            now = int(await db.fetch_val(sa.select(notes.c.text).where(notes.c.id == 1).with_for_update()))
            await asyncio.sleep(0)
            await db.execute(notes.update().where(notes.c.id == 1).values(text=str(now + 1)))

    await asyncio.gather(*(add_one() for _ in range(50)))

    assert await texts(db) == ["50"]


async def test_serializable_transactions_lose_nothing_where_conflicts_are_run_again(db: Database) -> None:
    await db.execute(notes.insert(), {"id": 1, "text": "0"})

    async def add_one() -> None:
        try:
            async with db.transaction(isolation="serializable"):
                now = int(await db.fetch_val(sa.select(notes.c.text).where(notes.c.id == 1)))
                await asyncio.sleep(0)
                await db.execute(notes.update().where(notes.c.id == 1).values(text=str(now + 1)))
        except TransactionConflict:
            await add_one()

    await asyncio.gather(*(add_one() for _ in range(12)))

    assert await texts(db) == ["12"]


@pytest.mark.parametrize("isolation", ["read uncommitted", "read_committed", "REPEATABLE READ", "serializable"])
async def test_every_isolation_level_is_taken(db: Database, isolation: Any) -> None:
    async with db.transaction(isolation=isolation):
        await put(db, "a")

    assert await texts(db) == ["a"]


async def test_what_changes_tables_is_kept_with_its_transaction_or_ends_it_aloud(db: Database, dialect: str) -> None:
    ends_it = dialect == "mysql"  # where CREATE commits
    with pytest.raises(TransactionClosed) if ends_it else nullcontext():
        async with db.transaction():
            await put(db, "a")
            await db.execute("CREATE TABLE another (x INTEGER)")
            await put(db, "b")

    assert await texts(db) == (["a"] if ends_it else ["a", "b"])
    assert await db.fetch_all("SELECT x FROM another") == []


async def test_what_runs_beside_a_change_of_tables_is_never_committed_by_itself(db: Database, dialect: str) -> None:
    with pytest.raises(KeyError):
        async with db.transaction():
            await db.execute("CREATE TABLE first (x INTEGER)")
            outcomes = await asyncio.gather(
                db.execute("CREATE TABLE second (x INTEGER)"),
                put(db, "a"),
                db.execute("CREATE TABLE third (x INTEGER)"),
                return_exceptions=True,
            )
            raise KeyError

    refused = [isinstance(one, TransactionClosed) for one in outcomes]
    assert refused == [False, dialect == "mysql", False]
    assert await texts(db) == []


async def test_an_untouched_transaction_borrows_nothing(db: Database) -> None:
    async with db.transaction():
        assert db.statistics().lent == 0
        async with db.transaction():
            pass


async def test_a_read_only_transaction_refuses_to_write(db: Database) -> None:
    async with db.transaction(readonly=True):
        assert await texts(db) == []
        with pytest.raises(ReadOnly):
            await put(db, "a")


async def test_a_read_only_transaction_sees_one_moment(db: Database, in_memory: bool) -> None:
    if in_memory:
        pytest.skip("a database in memory has one connection: others wait for the transaction")
    read, written = asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        await read.wait()
        await put(db, "b")
        written.set()

    await put(db, "a")
    task = asyncio.create_task(writer())
    async with db.transaction(readonly=True):
        before = await texts(db)
        read.set()
        await written.wait()
        assert await texts(db) == before == ["a"]
    await task


async def test_readonly_belongs_to_the_outermost_transaction(db: Database) -> None:
    async with db.transaction():
        with pytest.raises(TransactionMisused, match="outermost"):
            async with db.transaction(readonly=True):
                pass


async def test_a_transaction_by_hand_ends_once(db: Database) -> None:
    transaction = await db.transaction()
    await put(db, "a")
    await transaction.commit()

    with pytest.raises(TransactionClosed):
        await transaction.commit()
    assert await texts(db) == ["a"]


async def test_the_outer_transaction_cannot_end_before_the_inner(db: Database) -> None:
    outer = await db.transaction()
    inner = await db.transaction()

    with pytest.raises(TransactionMisused, match="cannot end before"):
        await outer.commit()

    await inner.rollback()
    await outer.rollback()


async def test_a_decorated_function_runs_in_a_transaction_of_its_own_each_time(db: Database) -> None:
    @db.transaction()
    async def insert(text: str, fail: bool) -> None:
        await put(db, text)
        if fail:
            raise KeyError

    done = await asyncio.gather(*(insert(str(n), fail=n % 2 == 1) for n in range(10)), return_exceptions=True)

    assert sum(isinstance(one, KeyError) for one in done) == 5
    assert sorted(await texts(db)) == ["0", "2", "4", "6", "8"]


async def test_waiting_for_a_connection_ends_with_an_error_that_names_its_holder(crowded: Database) -> None:
    async def other() -> None:
        await held.wait()
        with pytest.raises(PoolTimeout, match=r"test_transactions\.py:\d+ for 0\.\d s \(task hog\)"):
            await put(crowded, "b")

    held = asyncio.Event()
    waiter = asyncio.create_task(other())

    async def hog() -> None:
        async with crowded.transaction():
            await put(crowded, "a")
            held.set()
            await waiter

    await asyncio.create_task(hog(), name="hog")
    assert await texts(crowded) == ["a"]


async def test_a_cancelled_transaction_is_undone_and_gives_everything_back(db: Database) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with db.transaction():
            await put(db, "a")
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await texts(db) == []
    assert db.statistics().lent == 0


async def test_a_statement_that_times_out_inside_a_transaction_does_not_end_it_silently(
    db: Database, dialect: str
) -> None:
    gives_up = dialect != "sqlite"
    with pytest.raises(GONE) if gives_up else nullcontext():
        async with db.transaction():
            await put(db, "a")
            with pytest.raises(QueryTimeout):
                await db.fetch_all(slow(db, 5), timeout=0.05)
            await put(db, "b")

    assert await texts(db) == ([] if gives_up else ["a", "b"])
    assert db.statistics().lent == 0


async def test_a_statement_that_times_out_in_a_nested_transaction_does_not_end_the_outer_silently(
    db: Database, dialect: str
) -> None:
    gives_up = dialect == "mysql"  # where a statement is ended with its connection
    with pytest.raises(GONE) if gives_up else nullcontext():
        async with db.transaction():
            await put(db, "a")
            with pytest.raises(QueryTimeout):
                async with db.transaction():
                    await db.fetch_all(slow(db, 5), timeout=0.05)
            await put(db, "b")

    assert await texts(db) == ([] if gives_up else ["a", "b"])
    assert db.statistics().lent == 0


async def test_an_interrupted_write_inside_a_transaction_is_never_followed_by_autocommit(db: Database) -> None:
    with pytest.raises(GONE):
        async with db.transaction():
            await put(db, "a")
            with pytest.raises(QueryTimeout):
                await db.execute(slow_insert(db, 5), timeout=0.05)
            await put(db, "b")

    assert await texts(db) == []


async def test_an_interrupted_write_that_nobody_minded_is_never_followed_by_a_commit(db: Database) -> None:
    with pytest.raises(GONE):
        async with db.transaction():
            await put(db, "a")
            with pytest.raises(QueryTimeout):
                await db.execute(slow_insert(db, 5), timeout=0.05)

    assert await texts(db) == []


async def test_a_timeout_ends_the_statement_and_leaves_the_database_well(db: Database) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(QueryTimeout, match=r"timeout=0\.05"):
        await db.fetch_all(slow(db, 5), timeout=0.05)

    assert loop.time() - started < 0.5
    assert await db.fetch_val("SELECT 1") == 1


@pytest.mark.slow
async def test_a_thousand_random_cancellations_hurt_nobody_else(patient: Database) -> None:
    chance = random.Random(11)
    await patient.execute_many(notes.insert(), [{"text": f"n{n}"} for n in range(500)])
    wrong: list[object] = []

    async def innocent(stop: asyncio.Event) -> int:
        done = 0
        while not stop.is_set():
            key = chance.randrange(1, 501)
            row = await patient.fetch_one(notes.select().where(notes.c.id == key))
            if row is None or row.text != f"n{key - 1}":
                wrong.append((key, row))
            done += 1
        return done

    async def victim() -> None:
        what = chance.randrange(4)
        if what == 0:
            await patient.fetch_all(notes.select())
        elif what == 1:
            await patient.fetch_val(slow(patient, 0.0025))
        elif what == 2:
            async with patient.transaction(force_rollback=True):
                await patient.execute(notes.update().values(done=True))
                await patient.fetch_all(notes.select())
        else:
            async for _ in patient.iterate(notes.select()):
                await asyncio.sleep(0)

    stop = asyncio.Event()
    innocents = [asyncio.create_task(innocent(stop)) for _ in range(3)]
    cancelled = 0
    while cancelled < 1000:
        victims = [asyncio.create_task(victim()) for _ in range(8)]
        await asyncio.sleep(chance.random() * 0.004)
        for task in victims:
            task.cancel()
        outcomes = await asyncio.gather(*victims, return_exceptions=True)
        cancelled += sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        wrong += [one for one in outcomes if isinstance(one, Exception)]
    stop.set()
    done = await asyncio.gather(*innocents)

    assert not wrong
    assert all(count > 10 for count in done)
    assert await patient.fetch_val(sa.select(sa.func.count()).where(notes.c.done)) == 0
    assert patient.statistics().lent == 0
    assert patient.statistics().waiting == 0


async def test_random_cancellations_leave_no_half_transaction(db: Database) -> None:
    chance = random.Random(5)

    async def pair(n: int) -> None:
        async with db.transaction():
            await put(db, f"{n} left")
            await put(db, f"{n} right")

    tasks = []
    for n in range(300):
        tasks.append(asyncio.create_task(pair(n)))
        if chance.random() < 0.5:
            await asyncio.sleep(chance.random() * 0.001)
            chance.choice(tasks).cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    found = set(await texts(db))
    halves = [n for n in range(300) if (f"{n} left" in found) != (f"{n} right" in found)]
    lost = [n for n, one in enumerate(outcomes) if one is None and f"{n} left" not in found]
    assert (halves, lost) == ([], [])
    assert any(isinstance(one, asyncio.CancelledError) for one in outcomes)


async def test_force_rollback_serves_every_task_and_keeps_nothing(url: str, db: Database) -> None:
    forced = Database(url, force_rollback=True)
    if url == "sqlite://":
        pytest.skip("two databases in memory share nothing")
    async with forced:
        await asyncio.gather(*(put(forced, str(n)) for n in range(10)))
        assert len(await texts(forced)) == 10

    assert await texts(db) == []


async def test_transactions_of_unrelated_tasks_wait_for_each_other_under_force_rollback(
    url: str, db: Database, in_memory: bool
) -> None:
    async with Database(url, force_rollback=True) as forced:
        if in_memory:
            await forced.create_all(metadata)

        async def work(n: int) -> None:
            async with forced.transaction():
                await put(forced, str(n))
                await asyncio.sleep(0)
                if n % 2:
                    raise KeyError

        await asyncio.gather(*(work(n) for n in range(10)), return_exceptions=True)

        assert len(await texts(forced)) == 5


async def fails() -> None:
    raise KeyError


async def test_a_transaction_left_while_a_child_is_still_opening_it_gives_the_writer_back(db: Database) -> None:
    child = None
    with pytest.raises(KeyError):
        async with db.transaction():
            child = asyncio.create_task(put(db, "late"))
            await asyncio.gather(child, fails())
    outcome = (await asyncio.gather(child, return_exceptions=True))[0]

    assert isinstance(outcome, TransactionClosed)
    await put(db, "next")
    assert await texts(db) == ["next"]


async def test_a_nested_transaction_left_while_a_child_is_still_opening_it_keeps_nothing_of_it(db: Database) -> None:
    async with db.transaction():
        await put(db, "outer")
        with pytest.raises(KeyError):
            async with db.transaction():
                child = asyncio.create_task(put(db, "late"))
                await asyncio.gather(child, fails())
        outcome = (await asyncio.gather(child, return_exceptions=True))[0]

    assert isinstance(outcome, TransactionClosed)
    assert await texts(db) == ["outer"]


async def test_a_transaction_left_by_an_error_ends_those_a_child_has_open_inside(db: Database) -> None:
    nested = asyncio.Event()

    async def child() -> None:
        async with db.transaction():
            await put(db, "child")
            nested.set()
            await asyncio.sleep(60)

    async def fails_when_nested() -> None:
        await nested.wait()
        raise KeyError

    with pytest.raises(KeyError):
        async with db.transaction():
            await put(db, "parent")
            inner = asyncio.create_task(child())
            await asyncio.gather(inner, fails_when_nested())
    inner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await inner

    await put(db, "next")
    assert await texts(db) == ["next"]


async def test_a_forgotten_inner_transaction_does_not_hide_the_error_that_leaves_the_outer(db: Database) -> None:
    with pytest.raises(KeyError):
        async with db.transaction():
            await db.transaction()
            await put(db, "a")
            raise KeyError

    await put(db, "next")
    assert await texts(db) == ["next"]


async def test_a_forgotten_inner_transaction_keeps_the_outer_from_being_kept(db: Database) -> None:
    with pytest.raises(TransactionMisused, match="cannot end before"):
        async with db.transaction():
            await db.transaction()
            await put(db, "a")

    await put(db, "next")
    assert await texts(db) == ["next"]


async def test_a_transaction_that_outlives_its_connection_is_told_and_never_runs_elsewhere(db: Database) -> None:
    async with db.connection() as connection:
        transaction = await connection.transaction()
        await put(db, "inside")
    with pytest.raises(TransactionClosed):
        await transaction.commit()

    await put(db, "after")
    assert await texts(db) == ["after"]
    assert db.statistics().lent == 0


async def test_a_statement_that_outlives_its_connections_block_harms_nobody(crowded: Database) -> None:
    async with crowded.connection() as connection:
        await connection.execute(notes.insert(), {"text": "a"})
        late = asyncio.create_task(crowded.fetch_val(slow(crowded, 0.1)))
        await asyncio.sleep(0)
    next_one = asyncio.create_task(put(crowded, "b"), context=contextvars.Context())
    (outcome,) = await asyncio.gather(late, return_exceptions=True)
    await next_one

    assert isinstance(outcome, (int, TransactionClosed)), outcome
    assert await texts(crowded) == ["a", "b"]
    assert crowded.statistics().lent == 0


async def test_a_statement_may_be_tried_again_after_a_timeout_at_the_start(crowded: Database) -> None:
    held, leave = asyncio.Event(), asyncio.Event()

    async def hog() -> None:
        async with crowded.transaction():
            await put(crowded, "hog")
            held.set()
            await leave.wait()

    task = asyncio.create_task(hog())
    await held.wait()
    async with crowded.transaction():
        with pytest.raises(QueryTimeout):
            await crowded.execute(notes.insert(), {"text": "mine"}, timeout=0.05)
        leave.set()
        await task
        await put(crowded, "mine")

    assert await texts(crowded) == ["hog", "mine"]


async def test_a_read_only_transaction_refuses_to_change_tables(db: Database) -> None:
    async with db.transaction(readonly=True):
        with pytest.raises(ReadOnly):
            await db.execute("DROP TABLE notes")

    assert await texts(db) == []
