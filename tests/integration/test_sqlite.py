"""What only SQLite does: group commit, readers beside a writer, files and their troubles."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from evenflow import Database
from evenflow.errors import (
    CannotOpen,
    ConfigError,
    ConstraintViolated,
    DatabaseLocked,
    NotConnected,
    PoolTimeout,
    QueryError,
    QueryTimeout,
    QueueFull,
    ReadOnly,
    TransactionClosed,
    UnknownDriver,
)

metadata = sa.MetaData()
items = sa.Table(
    "items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String, unique=True),
    sa.Column("parent", sa.ForeignKey("items.id", deferrable=True, initially="DEFERRED")),
)
SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {}) SELECT count(*) FROM c"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@pytest.fixture
async def db(path: Path) -> AsyncIterator[Database]:
    async with Database(f"sqlite:///{path}") as database:
        await database.create_all(metadata)
        yield database


# Group commit


async def test_concurrent_writes_share_commits(db: Database) -> None:
    before = db.statistics().commits

    await asyncio.gather(*(db.execute(items.insert(), {"name": str(n)}) for n in range(400)))

    assert db.statistics().commits - before < 40
    assert await db.fetch_val(sa.select(sa.func.count()).select_from(items)) == 400


async def test_in_a_group_each_failing_write_fails_alone(db: Database) -> None:
    outcomes = await asyncio.gather(
        *(db.execute(items.insert(), {"name": str(n % 150)}) for n in range(200)), return_exceptions=True
    )

    assert sum(isinstance(one, ConstraintViolated) for one in outcomes) == 50
    assert await db.fetch_val(sa.select(sa.func.count()).select_from(items)) == 150


async def test_a_write_that_breaks_the_shared_commit_fails_alone(db: Database) -> None:
    writes = [db.execute(items.insert(), {"name": str(n), "parent": 999 if n == 30 else None}) for n in range(60)]

    outcomes = await asyncio.gather(*writes, return_exceptions=True)

    assert [n for n, one in enumerate(outcomes) if isinstance(one, ConstraintViolated)] == [30]
    assert await db.fetch_val(sa.select(sa.func.count()).select_from(items)) == 59


async def test_a_trigger_that_rolls_the_shared_transaction_back_hurts_only_its_write(db: Database) -> None:
    await db.execute(
        "CREATE TRIGGER no_thirteen BEFORE INSERT ON items WHEN new.name = '13' "
        "BEGIN SELECT RAISE(ROLLBACK, 'unlucky'); END"
    )

    outcomes = await asyncio.gather(
        *(db.execute(items.insert(), {"name": str(n)}) for n in range(50)), return_exceptions=True
    )

    assert [n for n, one in enumerate(outcomes) if isinstance(one, Exception)] == [13]
    assert await db.fetch_val(sa.select(sa.func.count()).select_from(items)) == 49


async def test_execute_many_in_a_group_fails_whole_and_alone(db: Database) -> None:
    many = db.execute_many(items.insert(), [{"name": "x"}, {"name": "y"}, {"name": "x"}])
    outcomes = await asyncio.gather(
        *(db.execute(items.insert(), {"name": str(n)}) for n in range(10)), many, return_exceptions=True
    )

    assert isinstance(outcomes[10], ConstraintViolated)
    assert await db.fetch_val(sa.select(sa.func.count()).select_from(items)) == 10


async def test_a_write_is_not_blamed_for_one_that_was_undone_with_it(db: Database) -> None:
    writes = [
        db.execute(items.insert(), {"id": 7, "parent": 999}),  # breaks the shared COMMIT
        db.execute(items.insert(), {"id": 7}),  # collides with the first only while that stands
        db.execute(items.insert(), {"id": 8}),
    ]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)

    assert [isinstance(one, Exception) for one in outcomes] == [True, False, False]


_WRITER = """
import asyncio, sys
from evenflow import Database
async def main():
    async with Database(sys.argv[1]) as db:
        async def write(task):
            n = 0
            while True:
                await db.execute("INSERT INTO items (name) VALUES (:name)", {"name": f"{task}-{n}"})
                print(f"{task}-{n}", flush=True)
                n += 1
        await asyncio.gather(*map(write, range(32)))
asyncio.run(main())
"""


@pytest.mark.slow
async def test_no_acknowledged_write_is_lost_by_ten_kills(db: Database, path: Path) -> None:
    acknowledged: set[str] = set()
    for kill in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER.replace('f"{task}-{n}"', f'f"{kill}-{{task}}-{{n}}"'), f"sqlite:///{path}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(500 + 137 * kill)]
        writer.kill()
        lines += writer.stdout.read().splitlines(keepends=True)
        writer.wait()
        writer.stdout.close()
        acknowledged |= {line.strip() for line in lines if line.endswith("\n")}

    found = {row.name for row in await db.fetch_all(items.select())}
    assert len(acknowledged) > 5000
    assert acknowledged - found == set()
    assert await db.fetch_val("PRAGMA integrity_check") == "ok"


# Readers


async def test_a_long_query_does_not_stall_short_ones(db: Database) -> None:
    await db.execute(items.insert(), {"name": "x"})
    loop = asyncio.get_running_loop()
    long = asyncio.create_task(db.fetch_val(SLOW.format(6_000_000)))
    await asyncio.sleep(0.02)

    waits = []
    while not long.done():
        started = loop.time()
        await db.fetch_one(items.select())
        waits.append(loop.time() - started)
    await long

    assert len(waits) > 100
    assert sorted(waits)[len(waits) // 2] < 0.02


@pytest.mark.slow
async def test_many_long_queries_known_to_be_long_leave_a_reader_free(db: Database) -> None:
    loop = asyncio.get_running_loop()
    await db.fetch_val(SLOW.format(1_000_000))
    long = [asyncio.create_task(db.fetch_val(SLOW.format(1_000_000))) for _ in range(8)]
    await asyncio.sleep(0.02)

    started = loop.time()
    await db.fetch_one(items.select())
    waited = loop.time() - started

    assert not all(task.done() for task in long)
    assert waited < 0.2
    assert await asyncio.gather(*long) == [1_000_000] * 8


async def test_too_many_waiting_statements_are_refused(path: Path) -> None:
    async with Database(f"sqlite:///{path}?max_waiting=5") as db:
        outcomes = await asyncio.gather(*(db.fetch_val(SLOW.format(1000)) for _ in range(50)), return_exceptions=True)

    refused = [one for one in outcomes if isinstance(one, QueueFull)]
    assert len(refused) == 45
    assert "max_waiting" in str(refused[0])


async def test_a_statement_that_no_reader_takes_in_time_fails(path: Path) -> None:
    async with Database(f"sqlite:///{path}?readers=1&pool_timeout=0.1") as db:
        long = asyncio.create_task(db.fetch_val(SLOW.format(30_000_000), timeout=0.5))
        await asyncio.sleep(0.02)
        with pytest.raises(PoolTimeout, match=r"within 0\.1 s"):
            await db.fetch_val("SELECT 1")
        await asyncio.gather(long, return_exceptions=True)


async def test_one_database_serves_loops_in_several_threads(db: Database) -> None:
    found: list[int] = []

    def other() -> None:
        async def work() -> None:
            keys = await asyncio.gather(
                *(
                    db.execute("INSERT INTO items (name) VALUES (:n)", {"n": f"{threading.get_ident()}-{n}"})
                    for n in range(50)
                )
            )
            found.extend(
                await asyncio.gather(*(db.fetch_val(f"SELECT id FROM items WHERE id = {key}") for key in keys))
            )

        asyncio.run(work())

    threads = [threading.Thread(target=other) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        await db.fetch_val("SELECT 1")
        await asyncio.sleep(0.001)

    assert sorted(found) == list(range(1, 151))


@pytest.mark.slow
async def test_a_slow_statement_that_waits_too_long_for_its_turn_is_told(path: Path) -> None:
    slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < :n) SELECT count(*) FROM c"
    async with Database(f"sqlite:///{path}?readers=2&pool_timeout=0.2") as db:
        await db.fetch_val(slow, {"n": 1_000_000})
        long = asyncio.create_task(db.fetch_val(slow, {"n": 2_000_000_000}, timeout=1))
        await asyncio.sleep(0)
        with pytest.raises(PoolTimeout):
            await db.fetch_val(slow, {"n": 10})
        await asyncio.gather(long, return_exceptions=True)

        assert await db.fetch_val(slow, {"n": 10}) == 10


async def test_results_do_not_wait_behind_a_statement_that_is_slow_for_once(path: Path) -> None:
    query = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < :n) SELECT count(*) FROM c"
    async with Database(f"sqlite:///{path}?readers=1") as db:
        for _ in range(20):
            await db.fetch_val(query, {"n": 10})
        fast = asyncio.create_task(db.fetch_val(query, {"n": 10}))
        slow = asyncio.create_task(db.fetch_val(query, {"n": 5_000_000}))
        await fast

        assert not slow.done()
        await slow


@pytest.mark.slow
async def test_slow_statements_of_loops_in_several_threads_all_get_their_turn(db: Database) -> None:
    await db.fetch_val(SLOW.format(1_000_000))
    found: list[int] = []

    def other() -> None:
        async def work() -> None:
            found.extend(await asyncio.gather(*(db.fetch_val(SLOW.format(1_000_000)) for _ in range(2))))

        asyncio.run(work())

    threads = [threading.Thread(target=other) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        await db.fetch_val(SLOW.format(1_000_000))

    assert found == [1_000_000] * 6


@pytest.mark.slow
async def test_cancelled_connects_and_loans_leave_no_thread_behind(path: Path) -> None:
    def ours() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("evenflow-")]

    async def use() -> None:
        async with Database(f"sqlite:///{path}") as db:
            async for _ in db.iterate("SELECT 1"):
                await db.fetch_val("SELECT 1")

    before = len(ours())
    for ticks in range(120):
        task = asyncio.create_task(use())
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    deadline = asyncio.get_running_loop().time() + 5
    while len(ours()) > before and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)

    assert len(ours()) == before


@pytest.mark.slow
async def test_a_stream_collected_in_the_middle_of_the_books_does_not_stop_the_loop(db: Database) -> None:
    await db.execute(items.insert(), {"name": "x"})
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            stream = db.iterate(items.select())
            await anext(stream)
            cycle: list[object] = [stream]
            cycle.append(cycle)
            del stream, cycle
            db.statistics()
    finally:
        gc.set_threshold(*threshold)
    gc.collect()

    assert db.statistics().lent == 0


@pytest.mark.slow
async def test_a_loop_busy_with_short_callbacks_does_not_starve_the_threads(db: Database) -> None:
    # Seen with Python's own interval: 22 s for one write.
    async def spin() -> None:
        while True:
            until = time.perf_counter() + 0.001
            while time.perf_counter() < until:
                pass
            await asyncio.sleep(0)

    before = sys.getswitchinterval()
    spinning = asyncio.create_task(spin())
    started = time.perf_counter()
    for number in range(40):
        await db.execute(items.insert().values(name=f"busy {number}"))
        await db.fetch_all(items.select())
    spent = time.perf_counter() - started
    spinning.cancel()
    await asyncio.gather(spinning, return_exceptions=True)
    assert spent < 5
    await asyncio.sleep(0.05)
    assert sys.getswitchinterval() == before


async def test_disconnecting_ends_a_statement_that_would_run_on(path: Path) -> None:
    db = Database(f"sqlite:///{path}")
    await db.connect()
    endless = asyncio.create_task(db.fetch_val(SLOW.format(10_000_000_000)))
    waiting = [asyncio.create_task(db.fetch_val(SLOW.format(10_000_000_000))) for _ in range(3)]
    await asyncio.sleep(0.05)

    async with asyncio.timeout(10):
        await db.disconnect()
        outcomes = await asyncio.gather(endless, *waiting, return_exceptions=True)

    assert all(isinstance(one, (QueryTimeout, NotConnected)) for one in outcomes), outcomes


# Transactions


async def test_writers_wait_for_each_other_without_locking_what_they_read(db: Database) -> None:
    await db.execute(items.insert(), {"id": 1, "name": "0"})

    async def add_one() -> None:
        async with db.transaction():
            now = int(await db.fetch_val(sa.select(items.c.name).where(items.c.id == 1)))
            await asyncio.sleep(0)
            await db.execute(items.update().where(items.c.id == 1).values(name=str(now + 1)))

    await asyncio.gather(*(add_one() for _ in range(50)))

    assert await db.fetch_val(sa.select(items.c.name)) == "50"


async def test_an_interrupted_write_rolls_the_transaction_back_and_says_so(db: Database) -> None:
    with pytest.raises(TransactionClosed, match="rolled this transaction back"):
        async with db.transaction():
            await db.execute(items.insert(), {"name": "a"})
            with pytest.raises(QueryTimeout):
                await db.execute(
                    "INSERT INTO items (name) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
                    "SELECT x FROM c",
                    timeout=0.05,
                )
            await db.execute(items.insert(), {"name": "b"})


async def test_a_timeout_in_a_transaction_stops_its_iterations_too_and_they_say_so(db: Database) -> None:
    await db.execute_many(items.insert(), [{"name": str(n)} for n in range(1000)])
    async with db.transaction(readonly=True):
        stream = db.iterate(items.select())
        await anext(stream)
        with pytest.raises(QueryTimeout):
            await db.fetch_val(SLOW.format(30_000_000), timeout=0.05)

        assert await db.fetch_val(sa.select(sa.func.count()).select_from(items)) == 1000
        with pytest.raises(QueryError, match="cancelled or timed out"):
            [row async for row in stream]


async def test_a_read_only_transaction_may_ask_a_pragma(db: Database) -> None:
    async with db.transaction(readonly=True):
        assert await db.fetch_all("PRAGMA table_info(items)")


# Values and errors


async def test_nan_is_null(db: Database) -> None:
    assert await db.fetch_val("SELECT :number", {"number": float("nan")}) is None


async def test_an_integer_of_more_than_64_bits_is_refused_with_a_sentence(db: Database) -> None:
    with pytest.raises(QueryError, match="64 bits"):
        await db.execute(items.insert(), {"id": 2**63})


async def test_a_text_that_is_no_text_is_refused_with_a_sentence(db: Database) -> None:
    with pytest.raises(QueryError, match="surrogate") as caught:
        await db.execute(items.insert(), {"name": "secret \ud800"})

    assert caught.value.__cause__ is None


async def test_a_violated_constraint_is_named_by_its_column(db: Database) -> None:
    await db.execute(items.insert(), {"name": "x"})

    with pytest.raises(ConstraintViolated) as caught:
        await db.execute(items.insert(), {"name": "x"})
    assert caught.value.constraint == "items.name"


# The raw connection


async def test_the_raw_connection_takes_functions_of_ones_own(db: Database) -> None:
    async with db.connection() as connection:
        await connection.raw_connection.call(lambda raw: raw.create_function("twice", 1, lambda x: x * 2))

        assert await connection.fetch_val("SELECT twice(21)") == 42


async def test_the_raw_connection_has_the_methods_of_aiosqlite(db: Database) -> None:
    async with db.connection() as connection:
        raw = connection.raw_connection
        await raw.execute("CREATE TEMPORARY TABLE t (x)")
        await raw.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])

        assert await raw.execute_fetchall("SELECT x FROM t WHERE x > ?", (1,)) == [(2,)]
        async with await raw.cursor() as cursor:
            await cursor.execute("SELECT x FROM t ORDER BY x")
            assert (await cursor.fetchone(), await cursor.fetchall()) == ((1,), [(2,)])


# Files, URLs, options


async def test_the_file_is_in_wal_mode_and_full_sync_with_foreign_keys(db: Database) -> None:
    found = [await db.fetch_val(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert found == ["wal", 2, 1]


async def test_options_come_from_the_url_and_from_keywords(path: Path) -> None:
    async with Database(f"sqlite:///{path}?journal_mode=delete&synchronous=normal", foreign_keys=False) as db:
        found = [await db.fetch_val(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert found == ["delete", 1, 0]


async def test_an_option_does_not_end_up_in_the_name_of_the_file(tmp_path: Path) -> None:
    async with Database(f"sqlite+aiosqlite:///{tmp_path}/b.db?timeout=30") as db:
        await db.execute("CREATE TABLE t (x)")

    assert {file.name for file in tmp_path.iterdir()} == {"b.db"}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///:memory:"])
async def test_a_database_in_memory_keeps_its_tables(url: str) -> None:
    async with Database(url) as db:
        await db.create_all(metadata)
        await asyncio.gather(*(db.execute(items.insert(), {"name": str(n)}) for n in range(20)))

        assert len(await db.fetch_all(items.select())) == 20


@pytest.mark.parametrize(
    ("url", "error", "sentence"),
    [
        ("app.db", UnknownDriver, "sqlite:///app.db"),
        ("oracle://x", UnknownDriver, "can begin with sqlite://"),
        ("sqlite://app.db", ConfigError, "no host"),
        ("sqlite:///x.db?journal_mode=wall", ConfigError, "journal_mode is 'wall'; it can be wal, delete"),
        ("sqlite:///x.db?reader=3", ConfigError, "no option 'reader'. Did you mean 'readers'"),
        ("sqlite:///x.db?readers=many", ConfigError, "readers is 'many'; it must be a number"),
        ("sqlite:///x.db?readers=0", ConfigError, "at least 1"),
        ("sqlite:///x.db?foreign_keys=maybe", ConfigError, "true or false"),
    ],
)
def test_a_wrong_url_is_told_before_anything_is_opened(url: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        Database(url)


async def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match=r"there is no directory .*nowhere"):
        await Database(f"sqlite:///{tmp_path}/nowhere/app.db").connect()


async def test_a_directory_is_not_a_database(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="is a directory"):
        await Database(f"sqlite:///{tmp_path}").connect()


async def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.write_text("not a database, but long enough to have a header" * 10)

    with pytest.raises(CannotOpen, match=r"app\.db is not a SQLite database"):
        await Database(f"sqlite:///{path}").connect()


async def test_a_database_opened_for_reading_refuses_to_write(db: Database, path: Path) -> None:
    await db.execute(items.insert(), {"name": "x"})

    async with Database(f"sqlite:///{path}?mode=ro") as reading:
        assert await reading.fetch_val(sa.select(items.c.name)) == "x"
        with pytest.raises(ReadOnly, match="mode=ro"):
            await reading.execute(items.insert(), {"name": "y"})


async def test_mode_ro_does_not_create_a_file(path: Path) -> None:
    with pytest.raises(CannotOpen, match="does not exist"):
        await Database(f"sqlite:///{path}?mode=ro").connect()
    assert not path.exists()


def test_a_file_without_permission_is_named(path: Path) -> None:
    sqlite3.connect(path).execute("CREATE TABLE t (x)").connection.close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    program = (
        "import asyncio, os, sys\n"
        "from evenflow.database import Database, drivers\n"
        "import evenflow.database.drivers.sqlite\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "asyncio.run(Database(sys.argv[1]).connect())\n"
    )
    for folder in path.parents:
        if folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o001 and folder != path.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{path}"], capture_output=True, text=True, check=False
    )
    path.parent.chmod(0o755)

    assert "cannot be written by this user" in done.stderr, done.stderr


async def test_a_lock_of_another_process_is_a_transient_error(db: Database, path: Path) -> None:
    async with Database(f"sqlite:///{path}?busy_timeout=0.1") as hasty:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(DatabaseLocked, match="busy_timeout") as caught:
                await hasty.execute(items.insert(), {"name": "x"})
            assert caught.value.transient
        finally:
            other.execute("ROLLBACK")
            other.close()

        assert await hasty.execute(items.insert(), {"name": "x"}) == 1


async def test_sqlite3s_own_exception_classes_still_catch(db: Database) -> None:
    await db.execute(items.insert(), {"name": "x"})

    with pytest.raises(sqlite3.IntegrityError) as caught:
        await db.execute(items.insert(), {"name": "x"})
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await db.fetch_all("SELECT * FROM nothing_here")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    kept: list[str] = []
    async with Database(f"sqlite:///{small_disk}/full.db") as db:
        await db.create_all(metadata)

        async def write(n: int) -> None:
            name = f"{n}-" + "x" * 20_000
            await db.execute(items.insert(), {"name": name})
            kept.append(name)

        outcomes = await asyncio.gather(*(write(n) for n in range(200)), return_exceptions=True)
        errors = [one for one in outcomes if one is not None]
        assert errors
        assert all(isinstance(one, QueryError) for one in errors)
        assert "full" in str(errors[0]).lower()

        assert {row.name for row in await db.fetch_all(items.select())} == set(kept)
    async with Database(f"sqlite:///{small_disk}/full.db?mode=ro") as db:
        assert {row.name for row in await db.fetch_all(items.select())} == set(kept)


async def test_an_abandoned_database_does_not_keep_the_program_from_ending(path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from evenflow import Database\n"
        "async def main():\n"
        "    db = Database(sys.argv[1]); await db.connect(); await db.execute('CREATE TABLE t (x)')\n"
        "    await db.transaction(); await db.execute('INSERT INTO t VALUES (1)')\n"
        "asyncio.run(main())\n"
    )

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "error", "-c", program, f"sqlite:///{path}"],
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert (done.returncode, done.stderr) == (0, "")


async def test_a_disconnected_database_sets_no_more_timers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    async with Database(f"sqlite:///{path}") as db:
        await db.fetch_val("SELECT 1")
    await asyncio.sleep(0.05)
    timers: list[object] = []
    real = loop.call_later
    monkeypatch.setattr(loop, "call_later", lambda *timer, **more: (timers.append(timer), real(*timer, **more))[1])

    await asyncio.to_thread(time.sleep, 0.1)

    assert timers == []
