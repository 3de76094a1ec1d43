"""What every database tells those who listen."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from typing import TypeVar

import pytest
import sqlalchemy as sa

from evenflow import Database, PoolTimeout, QueryError, QueryTimeout, observe
from evenflow.database import telling
from tests.contracts.slow import slow, slow_insert
from tests.contracts.tables import metadata, notes

E = TypeVar("E", bound=observe.Event)


class Heard(list[observe.Event]):
    """The events, and in which threads they were told."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def __call__(self, event: observe.Event) -> None:
        self.append(event)
        self.threads.add(threading.get_ident())

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def heard() -> Iterator[Heard]:
    events = Heard()
    end = observe.subscribe(events)
    yield events
    end()
    assert events.threads <= {threading.get_ident()}


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log forgets which statements have had their line."""
    monkeypatch.setattr(telling, "_slow_log", observe.SlowQueryLog(logging.getLogger("evenflow.database")))


async def test_a_slow_query_is_told_with_its_statement_and_without_its_values(url: str, heard: Heard) -> None:
    async with Database(url, slow_query=0.1) as db:
        await db.create_all(metadata)
        heard.clear()
        if db.url.dialect == "sqlite":
            statement = slow(db, 0.3).replace("count(*)", "count(*), :v AS v")
        elif db.url.dialect == "postgresql":
            statement = "SELECT CAST(:v AS text) FROM pg_sleep(0.3)"
        else:
            statement = "SELECT SLEEP(0.3), :v"
        await db.fetch_all(statement, {"v": "a secret"})
        await db.fetch_all(sa.select(notes))

    (event,) = heard.of(observe.SlowQuery)
    assert 0.1 < event.seconds < 5
    assert event.route is None
    assert "secret" not in repr(event)
    assert event.database.startswith(db.url.scheme)
    assert "@" not in event.database


async def test_a_slow_query_is_told_wherever_it_runs(url: str, heard: Heard) -> None:
    async with Database(url, slow_query=0.1) as db:
        await db.create_all(metadata)
        heard.clear()
        await db.execute(slow_insert(db, 0.3) if db.url.dialect != "sqlite" else slow(db, 0.3))
        async with db.transaction():
            await db.fetch_all(slow(db, 0.3))
        async with db.connection() as connection:
            await connection.fetch_all(slow(db, 0.3))
        async for _ in db.iterate(slow(db, 0.3)):
            pass

        assert len(heard.of(observe.SlowQuery)) == 4


async def test_a_statement_that_was_given_up_is_told_too(url: str, heard: Heard) -> None:
    async with Database(url, slow_query=0.1) as db:
        with pytest.raises(QueryTimeout):
            await db.fetch_all(slow(db, 20), timeout=0.3)

        (event,) = heard.of(observe.SlowQuery)
        assert 0.1 < event.seconds < 5


async def test_a_wait_for_a_connection_is_no_slow_query(url: str, heard: Heard) -> None:
    size = {} if url.startswith("sqlite") else {"max_size": 1}
    async with Database(url, slow_query=0.15, **size) as db:
        await db.create_all(metadata)
        heard.clear()
        entered = asyncio.Event()

        async def hold() -> None:
            async with db.transaction():
                await db.execute(notes.insert(), {"text": "held"})
                entered.set()
                await asyncio.sleep(0.4)

        holding = asyncio.create_task(hold())
        await entered.wait()
        await db.execute(notes.insert(), {"text": "waited"})
        await holding

    assert heard.of(observe.SlowQuery) == []


async def test_slow_queries_are_in_the_log_once_a_minute(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with Database(url, slow_query=0.05) as db:
        for _ in range(2):
            await db.fetch_all(slow(db, 0.2))

    (line,) = [record.getMessage() for record in caplog.records if "Slow query" in record.getMessage()]
    assert " ".join(slow(db, 0.2).split()) in line


@pytest.mark.slow
@pytest.mark.parametrize(("options", "lines"), [({}, 1), ({"slow_query": None}, 0), ({"slow_query": "none"}, 0)])
async def test_a_second_is_slow_unless_another_time_or_none_is_asked_for(
    url: str, options: dict[str, object], lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with Database(url, **options) as db:
        await db.fetch_all(slow(db, 1.5))

    assert caplog.text.count("Slow query") == lines


async def test_a_connection_that_is_lent_is_told_with_how_long_it_was_waited_for(
    crowded: Database, heard: Heard
) -> None:
    heard.clear()
    entered = asyncio.Event()

    async def hold() -> None:
        async with crowded.transaction():
            await crowded.execute(notes.insert(), {"text": "held"})
            entered.set()
            await asyncio.sleep(0.2)

    holding = asyncio.create_task(hold())
    await entered.wait()
    async with crowded.transaction():
        await crowded.execute(notes.insert(), {"text": "waited"})
    await holding

    first, second = heard.of(observe.ConnectionLent)
    assert first.waited < 0.1
    assert 0.1 < second.waited < 0.5


async def test_a_wait_in_vain_is_told_with_who_holds_connections(crowded: Database, heard: Heard) -> None:
    before = crowded.statistics().exhausted
    async with crowded.transaction():
        await crowded.execute(notes.insert(), {"text": "held"})

        async def waiting() -> None:
            await crowded.execute(notes.insert(), {"text": "a secret"})

        # A task that has not inherited the transaction.
        crowded._state.standing.set(None)
        started = time.monotonic()
        with pytest.raises(PoolTimeout):
            await asyncio.create_task(waiting())
        waited = time.monotonic() - started

    (event,) = heard.of(observe.PoolExhausted)
    assert abs(event.waited - waited) < 0.2
    assert "test_events.py" in event.holders[0]
    assert "INSERT INTO notes" in str(event.statement)
    assert "secret" not in repr(event)
    assert crowded.statistics().exhausted == before + 1


async def test_a_listener_that_raises_disturbs_no_statement(db: Database) -> None:
    def broken(event: observe.Event) -> None:
        raise KeyError

    end = observe.subscribe(broken)
    try:
        async with db.transaction():
            await db.execute(notes.insert(), {"text": "kept"})
    finally:
        end()

    assert await db.fetch_val("SELECT text FROM notes") == "kept"


async def test_nobody_is_told_of_a_statement_that_is_refused(db: Database, heard: Heard) -> None:
    heard.clear()
    with pytest.raises(QueryError):
        await db.execute("SELECT * FROM nowhere")

    assert [event for event in heard if not isinstance(event, observe.ConnectionLent)] == []
