"""What servers make a database tell, what becomes of statements nobody waits for, and the route in an event."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from evenflow import ConnectionLost, Database, DatabaseURL, TransactionClosed, observe
from evenflow.observe import request
from tests.database_servers import mysql_database, postgres_database

E = TypeVar("E", bound=observe.Event)

KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}
NUMBERS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_database(f"evenflow_{uuid4().hex[:12]}") as made:
        yield made


@pytest.fixture(scope="module")
def mysql() -> Iterator[str]:
    with mysql_database(f"evenflow_{uuid4().hex[:12]}") as made:
        yield made


@pytest.fixture(params=["postgres", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    made: str = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def watcher(url: str) -> AsyncIterator[Database]:
    async with Database(url, max_size=1) as database:
        yield database


class Heard(list[observe.Event]):
    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def heard() -> Iterator[Heard]:
    events = Heard()
    end = observe.subscribe(events.append)
    yield events
    end()


THINGS = sa.Table("things", sa.MetaData(), sa.Column("id", sa.Integer))


@pytest.fixture
async def things(watcher: Database) -> None:
    await watcher.execute("DROP TABLE IF EXISTS things")
    await watcher.execute("CREATE TABLE things (id INT)")
    await watcher.execute_many(THINGS.insert(), [{"id": number} for number in range(3000)])


async def _kill(watcher: Database, found_by: str) -> None:
    """Kill the connections that the server lists with this condition."""
    numbers: list[Any] = []
    while not numbers:
        await asyncio.sleep(0.02)
        numbers = await watcher.fetch_all(f"{NUMBERS[watcher.url.dialect]} AND {found_by}")
    for row in numbers:
        await watcher.execute(KILL[watcher.url.dialect].format(row[0]))


# Discarded, retried


async def test_a_connection_lost_while_nobody_used_it_is_told(
    url: str, watcher: Database, things: None, heard: Heard
) -> None:
    idle = {"postgresql": "state = 'idle'", "mysql": "command = 'Sleep'"}[watcher.url.dialect]
    async with Database(url, max_size=1) as db:
        await db.fetch_all(sa.select(THINGS).limit(1))
        await _kill(watcher, idle)
        await asyncio.sleep(0.2)
        heard.clear()
        await db.fetch_all(sa.select(THINGS).limit(1))

    (event,) = heard.of(observe.ConnectionDiscarded)
    assert event.reason == "it was lost while nobody used it"
    assert [each.waited > 0 for each in heard.of(observe.ConnectionLent)] == [True]


async def test_a_read_that_is_run_again_is_told(url: str, watcher: Database, things: None, heard: Heard) -> None:
    a, b = THINGS.alias(), THINGS.alias()
    long = sa.select(sa.func.count()).select_from(a.join(b, a.c.id + b.c.id < -4711))
    running = {"postgresql": "query LIKE '%JOIN things%'", "mysql": "info LIKE '%JOIN things%'"}[watcher.url.dialect]
    async with Database(url, max_size=1) as db:
        reading = asyncio.ensure_future(db.fetch_val(long))
        await _kill(watcher, running)
        assert await reading == 0
        assert db.statistics().retried == 1

    (event,) = heard.of(observe.CallRetried)
    assert "JOIN things" in event.statement
    assert "4711" not in repr(event)
    assert event.reason in [each.reason for each in heard.of(observe.ConnectionDiscarded)]


async def test_a_statement_that_outlives_its_block_is_told_by_its_connection(postgres: str, heard: Heard) -> None:
    async with Database(postgres, max_size=1) as db:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await db.fetch_val("SELECT pg_sleep(20)")
        assert await db.fetch_val("SELECT 1") == 1

    assert heard.of(observe.ConnectionDiscarded) == []  # it was mended


# What runs on


async def _running(watcher: Database, seconds: float) -> int:
    """How many statements sleep on the server, once there is none or the time is over."""
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
        "AND query LIKE 'SELECT pg_sleep%'"
    )
    deadline = time.monotonic() + seconds
    while (found := await watcher.fetch_val(sleeping)) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return int(found)


@pytest.fixture
async def on_postgres(postgres: str) -> AsyncIterator[Database]:
    async with Database(postgres, max_size=1) as database:
        yield database


async def _asleep(db: Database, on_postgres: Database) -> asyncio.Future[Any]:
    before = await _running(on_postgres, 0)
    task = asyncio.ensure_future(db.fetch_val("SELECT pg_sleep(20)"))
    while await _running(on_postgres, 0) == before:
        await asyncio.sleep(0.02)
    return task


async def test_what_runs_when_the_database_is_disconnected_ends_on_the_server(
    postgres: str, on_postgres: Database, heard: Heard
) -> None:
    db = Database(postgres, max_size=2)
    await db.connect()
    tasks = [await _asleep(db, on_postgres), await _asleep(db, on_postgres)]
    await db.disconnect()

    assert await _running(on_postgres, 0.5) == 0
    await asyncio.wait(tasks)
    assert all(isinstance(task.exception(), ConnectionLost) for task in tasks)
    assert heard.of(observe.KillLost) == []


@pytest.mark.slow
async def test_what_a_child_task_leaves_running_ends_on_the_server_soon_after_its_block(
    postgres: str, on_postgres: Database, heard: Heard
) -> None:
    async with Database(postgres, max_size=1) as db:
        async with db.connection():
            child = await _asleep(db, on_postgres)
        answers = asyncio.ensure_future(db.fetch_val("SELECT 1"))
        # The block waits 5 s for the child's statement, then it is given up.
        with pytest.raises(TransactionClosed):
            await child
        assert await answers == 1

        assert await _running(on_postgres, 1) == 0
    assert "outlived its block" in heard.of(observe.ConnectionDiscarded)[0].reason
    assert heard.of(observe.KillLost) == []


async def test_a_cancel_request_that_cannot_be_sent_is_told(
    postgres: str, on_postgres: Database, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    """Through a gate that is closed while the statement runs."""
    parts = DatabaseURL(postgres)
    gate = Gate(parts.hostname or "127.0.0.1", parts.port or 5432)
    await gate.open()
    db = Database(str(parts.replace(hostname="127.0.0.1", port=gate.port)), max_size=1)
    await db.connect()
    number = await db.fetch_val("SELECT pg_backend_pid()")
    task = await _asleep(db, on_postgres)
    gate.close()
    await db.disconnect()
    with pytest.raises(ConnectionLost):
        await task

    (event,) = heard.of(observe.KillLost)
    assert event.connection == number
    assert "ConnectionRefusedError" in event.reason or "OSError" in event.reason
    assert "could not be ended" in caplog.text
    await on_postgres.execute(f"SELECT pg_terminate_backend({number})")
    await gate.end()


class Gate:
    """Passes connections on to a server, and new ones only while it is open."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._tasks: set[asyncio.Task[None]] = set()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._passed_on, "127.0.0.1", self.port)

    def close(self) -> None:
        self._server.close()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _passed_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server, from_server = None, None
        from_server, to_server = await asyncio.open_connection(*self._to)
        for pair in ((reader, to_server), (from_server, writer)):
            self._tasks.add(asyncio.create_task(_copied(*pair)))


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


# The route


class Serving:
    """What the fast path does for a request: says that it is being served."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = request.current.set(scope)
        try:
            await self.app(scope, receive, send)
        finally:
            request.current.reset(token)


async def test_a_slow_query_of_a_request_has_its_route(heard: Heard) -> None:
    async with Database("sqlite://", slow_query=0) as db:
        app = FastAPI()
        router = APIRouter(prefix="/users")

        @router.get("/{user_id}")
        async def one(user_id: int) -> int:
            found: int = await db.fetch_val("SELECT :id", {"id": user_id})
            return found

        app.include_router(router)
        app.add_middleware(Serving)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            assert (await client.get("/users/4711")).json() == 4711
        await db.fetch_val("SELECT 1")

    inside, outside = heard.of(observe.SlowQuery)
    assert inside.route == "GET /users/{user_id}"
    assert "4711" not in repr(inside)
    assert outside.route is None
