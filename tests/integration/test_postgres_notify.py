"""NOTIFY and LISTEN on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from evenflow import CannotOpen, ConfigError, Database, LifecycleError, Missed, NotConnected, Notification, QueryError
from evenflow import ReadOnly as ReadOnlyError
from tests.database_servers import mysql_database, postgres_database
from tests.integration.own_servers import own_pgbouncer, own_postgres

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_database(f"evenflow_{uuid4().hex[:12]}") as made:
        yield made


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url, max_size=4) as database:
        yield database


async def listening(db: Database) -> list[int]:
    return [row.pid for row in await db.fetch_all(LISTENERS)]


async def connected(url: str) -> Database:
    """A database on a server that may still be starting."""
    db = Database(url)
    for _ in range(100):
        try:
            await db.connect()
            break
        except CannotOpen:
            await asyncio.sleep(0.1)
    return db


async def nobody_listens(db: Database) -> None:
    deadline = time.monotonic() + 5
    while await listening(db):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_what_is_sent_to_a_channel_is_heard_in_order(db: Database) -> None:
    async with db.listen("jobs", 'we"ird Ünïcode') as notifications:
        await db.notify("jobs", "one")
        await db.notify("other", "nobody hears this")
        await db.notify('we"ird Ünïcode', "'; DROP TABLE users; --")
        await db.notify("jobs")

        heard = [await anext(notifications) for _ in range(3)]

    assert [(one.channel, one.payload) for one in heard if isinstance(one, Notification)] == [
        ("jobs", "one"),
        ('we"ird Ünïcode', "'; DROP TABLE users; --"),
        ("jobs", ""),
    ]


async def test_a_notification_names_the_process_that_sent_it(db: Database) -> None:
    async with db.listen("jobs") as notifications, db.connection() as connection:
        await connection.notify("jobs", "x")

        assert await anext(notifications) == Notification(
            "jobs", "x", await connection.fetch_val("SELECT pg_backend_pid()")
        )


async def test_inside_a_transaction_it_is_sent_at_commit(db: Database) -> None:
    async with db.listen("jobs") as notifications:
        with pytest.raises(ZeroDivisionError):
            async with db.transaction():
                await db.notify("jobs", "rolled back")
                raise ZeroDivisionError
        async with db.transaction():
            await db.notify("jobs", "committed")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await anext(notifications)

        assert (await anext(notifications)).payload == "committed"


async def test_a_cancelled_wait_loses_nothing(db: Database) -> None:
    async with db.listen("jobs") as notifications:
        for n in range(20):
            waiting = asyncio.create_task(anext(notifications))
            await asyncio.sleep(0)
            sending = asyncio.create_task(db.notify("jobs", str(n)))
            await asyncio.sleep(n / 4000)
            heard = waiting.done() or not waiting.cancel()
            await asyncio.wait({waiting, sending})
            found = waiting.result() if heard or not waiting.cancelled() else await anext(notifications)
            assert found.payload == str(n)


@pytest.mark.timeout(50)
async def test_ten_thousand_notifications_are_all_heard(db: Database) -> None:
    async with db.listen("jobs") as notifications:
        for start in range(0, 10_000, 1_000):
            await db.fetch_all(
                "SELECT pg_notify('jobs', n::text) FROM generate_series(CAST(:a AS int), CAST(:b AS int)) n",
                {"a": start, "b": start + 999},
            )

        async with asyncio.timeout(20):
            assert [(await anext(notifications)).payload for _ in range(10_000)] == [str(n) for n in range(10_000)]


async def test_what_waits_too_long_to_be_read_is_counted(db: Database) -> None:
    async with db.listen("jobs", "end", max_waiting=10) as notifications, db.listen("end") as end:
        await db.fetch_all("SELECT pg_notify('jobs', n::text) FROM generate_series(0, 99) n")
        await db.notify("end")
        await anext(end)
        await asyncio.sleep(0.1)

        heard: list[Any] = [await anext(notifications) for _ in range(11)]
        assert [one.payload for one in heard[:10]] == [str(n) for n in range(10)]
        assert isinstance(heard[10], Missed)
        assert heard[10].count == 91  # the one to "end" is among them

        await db.notify("jobs", "after")
        assert (await anext(notifications)).payload == "after"


@pytest.mark.timeout(30)
async def test_after_a_lost_connection_another_one_listens_and_the_gap_is_told(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with db.listen("jobs") as notifications:
        for _ in range(3):
            (pid,) = await listening(db)
            await db.notify("jobs", "before")
            await db.execute("SELECT pg_terminate_backend(:pid)", {"pid": pid})

            heard = [await anext(notifications)]
            if not isinstance(heard[0], Missed):
                assert heard[0].payload == "before"
                heard.append(await anext(notifications))
            assert isinstance(heard[-1], Missed)
            assert heard[-1].count is None
            await db.notify("jobs", "after")
            assert (await anext(notifications)).payload == "after"
            assert await listening(db) != [pid]
    await nobody_listens(db)
    assert "The connection that listens to jobs was lost" in caplog.text


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_listener_outlives_a_restart_of_the_server() -> None:
    # Not in tmp_path, which nobody but the user of the tests may enter: servers run as users of their own.
    with TemporaryDirectory() as folder, own_postgres(Path(folder)) as server:
        async with await connected(server.url) as db, db.listen("jobs") as notifications:
            server.stop()
            await asyncio.sleep(1)
            server.start()

            async with asyncio.timeout(30):
                assert isinstance(await anext(notifications), Missed)
            while True:
                try:
                    await db.notify("jobs", "after")
                    break
                except ConnectionError:
                    await asyncio.sleep(0.05)
            assert (await anext(notifications)).payload == "after"


@pytest.mark.timeout(30)
async def test_a_connection_that_has_gone_silent_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenflow.database.notifications._HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr("evenflow.database.drivers.postgres.listening._ANSWER_SECONDS", 0.2)
    carried = asyncio.Event()
    carried.set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await carried.wait()
            writer.write(data)
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection("127.0.0.1", 5432)
        await asyncio.gather(carry(reader, to_server[1]), carry(to_server[0], writer), return_exceptions=True)

    network = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = network.sockets[0].getsockname()[1]
    async with (
        Database(url) as near,
        Database(url.replace(":5432", f":{port}")) as far,
        far.listen("jobs") as notifications,
    ):
        await asyncio.sleep(0.5)  # while it is quiet, nothing happens
        carried.clear()
        await near.notify("jobs", "lost on the way")
        await asyncio.sleep(1)
        carried.set()

        async with asyncio.timeout(10):
            while not isinstance(await anext(notifications), Missed):
                pass
        await near.notify("jobs", "after")
        while (await anext(notifications)).payload != "after":
            pass
    network.close()


async def test_a_listener_that_can_come_back_no_more_says_so() -> None:
    with_name = f"evenflow_{uuid4().hex[:12]}"
    async with Database("postgresql://postgres@127.0.0.1:5432/postgres") as admin:
        await admin.execute(f"CREATE DATABASE {with_name}")
        async with (
            Database(f"postgresql://postgres@127.0.0.1:5432/{with_name}") as db,
            db.listen("jobs") as notifications,
        ):
            await admin.execute(f"DROP DATABASE {with_name} WITH (FORCE)")

            with pytest.raises(CannotOpen, match="has no database"):
                async with asyncio.timeout(10):
                    await anext(notifications)


async def test_a_listener_is_counted_beside_the_pool_and_leaves_nothing(db: Database) -> None:
    before = db.statistics().connections
    async with db.listen("jobs"), db.listen("jobs"):
        assert db.statistics().listening == 2
        assert db.statistics().connections == before
        assert len(await listening(db)) == 2

    assert db.statistics().listening == 0
    await nobody_listens(db)


async def test_a_cancelled_listener_leaves_nothing(db: Database) -> None:
    async def listen() -> None:
        async with db.listen("jobs") as notifications:
            async for _ in notifications:
                pass

    for n in range(10):
        task = asyncio.create_task(listen())
        await asyncio.sleep(n / 500)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert db.statistics().listening == 0
    await nobody_listens(db)


async def test_disconnecting_ends_who_listens(url: str) -> None:
    db = Database(url)
    await db.connect()
    async with db.listen("jobs") as notifications:
        waiting = asyncio.create_task(anext(notifications))
        await asyncio.sleep(0.01)
        await db.disconnect()

        with pytest.raises(NotConnected, match="disconnected"):
            await waiting
    with pytest.raises(NotConnected):
        async with db.listen("jobs"):
            pass


async def test_outside_of_its_block_it_hears_nothing(db: Database) -> None:
    notifications = db.listen("jobs")
    with pytest.raises(LifecycleError, match="inside its block"):
        await anext(notifications)
    async with notifications:
        pass
    with pytest.raises(LifecycleError, match="ended with its block"):
        await anext(notifications)
    with pytest.raises(LifecycleError, match="for each use"):
        async with notifications:
            pass


async def test_a_payload_may_have_as_many_bytes_as_postgresql_takes(db: Database) -> None:
    async with db.listen("c" * 63) as notifications:
        await db.notify("c" * 63, "ü" * 3999 + "x")
        assert (await anext(notifications)).payload == "ü" * 3999 + "x"


@pytest.mark.parametrize(
    ("channel", "payload", "sentence"),
    [
        ("jobs", "secret" * 1400, "8400 bytes; PostgreSQL takes 7999"),
        ("jobs", "secret\x00", "x00"),
        ("jobs", b"secret", "payload is a bytes"),
        ("c" * 64, "secret", "1 to 63 bytes"),
        ("", "secret", "1 to 63 bytes"),
        (7, "secret", "A channel is a int"),
    ],
)
async def test_what_cannot_be_sent_is_told(db: Database, channel: Any, payload: Any, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        await db.notify(channel, payload)

    assert "secret" not in str(caught.value)


def test_what_cannot_be_listened_to_is_told(url: str) -> None:
    db = Database(url)
    with pytest.raises(ConfigError, match="name of a channel"):
        db.listen()
    with pytest.raises(QueryError, match="1 to 63 bytes"):
        db.listen("ü" * 32)
    with pytest.raises(ConfigError, match="at least 1"):
        db.listen("jobs", max_waiting=0)


async def test_a_readonly_transaction_sends_nothing(db: Database) -> None:
    with pytest.raises(ReadOnlyError):
        async with db.transaction(readonly=True):
            await db.notify("jobs", "x")


async def test_sending_leaves_the_connection_as_it_was(db: Database) -> None:
    for _ in range(5):
        await db.notify("jobs", "x")

    # A connection that is reset is not there for the next statement, which then waits.
    assert (db.statistics().connections, db.statistics().waited) == (1, 0)


async def test_a_trigger_of_the_database_is_heard(db: Database) -> None:
    raw = await asyncpg.connect(str(db.url))
    try:
        async with db.listen("changes") as notifications:
            await raw.execute("NOTIFY changes, 'from elsewhere'")
            assert (await anext(notifications)).payload == "from elsewhere"
    finally:
        await raw.close()


async def test_behind_a_pooler_listening_is_refused_and_sending_works(url: str, db: Database) -> None:
    with TemporaryDirectory() as folder, own_pgbouncer(Path(folder)) as address:
        async with Database(url.replace("127.0.0.1:5432", address)) as pooled, db.listen("jobs") as notifications:
            with pytest.raises(CannotOpen, match=r"pooler such as PgBouncer.*second Database"):
                async with pooled.listen("jobs"):
                    pass
            await pooled.notify("jobs", "through the pooler")
            assert (await anext(notifications)).payload == "through the pooler"


async def test_other_databases_say_that_they_cannot(tmp_path: Path) -> None:
    with mysql_database(f"evenflow_{uuid4().hex[:12]}") as mysql:
        for url in ("sqlite://", f"sqlite:///{tmp_path}/a.db", mysql):
            async with Database(url) as db:
                with pytest.raises(QueryError, match=r"notify\(\) is PostgreSQL's; (sqlite|mysql) has nothing like it"):
                    await db.notify("jobs")
                with pytest.raises(QueryError, match=r"listen\(\) is PostgreSQL's"):
                    async with db.listen("jobs"):
                        pass
