"""What a cancelled statement leaves on MySQL is ended there, whatever becomes of the connection that does it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest

from evenflow import Database, DatabaseURL, observe
from evenflow.database.drivers.mysql import MysqlServer, killing
from evenflow.database.drivers.mysql.killing import IDENTITY, Killer
from tests.database_servers import mysql_database

pytest.importorskip("asyncmy")

LEFT = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mysql_database(f"evenflow_{uuid4().hex[:12]}") as made:
        yield made


@pytest.fixture
async def watcher(url: str) -> AsyncIterator[Database]:
    async with Database(url, max_size=2) as database:
        yield database


@pytest.fixture
async def limited(url: str, watcher: Database) -> AsyncIterator[str]:
    """The URL of a user who may have three connections."""
    name = f"limited_{uuid4().hex[:8]}"
    await watcher.execute(f"CREATE USER {name}@'%' IDENTIFIED BY 'secret'")
    await watcher.execute(f"GRANT ALL ON *.* TO {name}@'%' WITH MAX_USER_CONNECTIONS 3")
    yield str(DatabaseURL(url).replace(username=name, password="secret"))
    await watcher.execute(f"DROP USER {name}@'%'")


@pytest.fixture
def told() -> Iterator[list[observe.Event]]:
    events: list[observe.Event] = []
    unsubscribe = observe.subscribe(events.append)
    yield events
    unsubscribe()


async def _left(watcher: Database, wanted: int, seconds: float) -> int:
    """How many statements run, once there are as few as wanted or the time is over."""
    deadline = time.monotonic() + seconds
    while (found := await watcher.fetch_val(LEFT)) > wanted and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return int(found)


async def _cancelled(tasks: list[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _running(db: Database, watcher: Database, count: int) -> list[asyncio.Future[Any]]:
    tasks = [asyncio.ensure_future(db.fetch_val("SELECT SLEEP(20)")) for _ in range(count)]
    while await watcher.fetch_val(LEFT) < count:
        await asyncio.sleep(0.02)
    return tasks


async def test_a_side_connection_killed_in_the_middle_of_its_work_loses_no_kill(url: str, watcher: Database) -> None:
    server = MysqlServer(DatabaseURL(url), {})
    async with Database(url, max_size=10) as db:
        tasks = await _running(db, watcher, 10)
        numbers = [row[0] for row in await watcher.fetch_all(LEFT.replace("COUNT(*)", "id"))]
        here = await watcher.fetch_val(f"SELECT {IDENTITY}")
        connections = 0

        async def connect() -> Any:
            nonlocal connections
            connections += 1
            connection = await server._new_connection()
            if connections == 1:
                killer.kill(connection.thread_id(), here)  # its own end, in the middle
                for number in numbers[5:]:
                    killer.kill(number, here)
            return connection

        killer = Killer(connect, lambda connection: connection.cursor(), server.telling)
        for number in numbers[:5]:
            killer.kill(number, here)
        async with asyncio.timeout(10):
            await killer.done()

        assert await _left(watcher, 0, 2) == 0
        assert connections == 2
        await asyncio.wait(tasks)
        assert all(task.exception() for task in tasks)


async def test_a_server_that_takes_no_connection_for_a_moment_is_asked_again(
    limited: str, watcher: Database, told: list[observe.Event]
) -> None:
    async with Database(limited, max_size=3) as db:
        other = asyncio.ensure_future(db.fetch_val("SELECT 1 + SLEEP(1.5)"))
        tasks = await _running(db, watcher, 2)
        await _cancelled(tasks)
        # The statements to be killed hold two of the three connections the server allows, `other` the third.
        assert await _left(watcher, 0, 0.5) == 2
        assert await other == 1

        assert await _left(watcher, 0, 5) == 0
        assert [event for event in told if isinstance(event, observe.KillLost)] == []


async def test_a_kill_that_is_given_up_is_told(
    limited: str,
    watcher: Database,
    told: list[observe.Event],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(killing, "_SECONDS", 0.5)
    async with Database(limited, max_size=3) as db:
        tasks = await _running(db, watcher, 3)
        numbers = {row[0] for row in await watcher.fetch_all(LEFT.replace("COUNT(*)", "id"))}
        with caplog.at_level(logging.WARNING, "evenflow.database"):
            await _cancelled(tasks)
            async with asyncio.timeout(10):
                while len(lost := [event for event in told if isinstance(event, observe.KillLost)]) < 3:
                    await asyncio.sleep(0.02)

    assert {event.connection for event in lost} == numbers
    assert {event.statement for event in lost} == {"SELECT SLEEP(20)"}
    assert "secret" not in repr(lost)
    assert "1226" in lost[0].reason
    assert "3 abandoned statement(s) could not be ended on mysql://127.0.0.1" in caplog.text
    for number in numbers:
        await watcher.execute(f"KILL {number}")


async def test_disconnect_waits_for_the_kills(url: str, watcher: Database) -> None:
    async with Database(url, max_size=5) as db:
        tasks = await _running(db, watcher, 5)
        await _cancelled(tasks)

    assert await _left(watcher, 0, 0.2) == 0


async def test_what_is_under_way_when_the_program_disconnects_is_ended(url: str, watcher: Database) -> None:
    db = Database(url, max_size=2)
    await db.connect()
    tasks = await _running(db, watcher, 2)
    await db.disconnect()

    assert await _left(watcher, 0, 0.2) == 0
    await asyncio.wait(tasks)
    assert all(task.exception() for task in tasks)


async def test_nothing_is_killed_on_a_server_that_was_started_since(
    url: str, watcher: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MysqlServer(DatabaseURL(url), {})
    async with watcher.connection() as innocent:
        number = await innocent.fetch_val("SELECT CONNECTION_ID()")
        monkeypatch.setattr(killing, "_SECONDS", 1e12)
        killer = server._shared.killer
        identity = await innocent.fetch_val(f"SELECT {IDENTITY}")
        killer.kill(number, identity)
        killer._doomed[number] = killer._doomed[number]._replace(since=time.monotonic() - 1e9)
        async with asyncio.timeout(5):
            await killer.done()

        assert await innocent.fetch_val("SELECT CONNECTION_ID()") == number
