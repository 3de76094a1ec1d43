"""The sides of the bulk benchmark: each gives one call that inserts all rows, or looks up all keys, for one library."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa

ROWS = 10_000
KEYS = 1_000
metadata = sa.MetaData()
people = sa.Table(
    "bulk_people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100)),
    sa.Column("score", sa.Double),
    sa.Column("born", sa.DateTime),
    sa.Column("active", sa.Boolean),
)
COLUMNS = [str(column.key) for column in people.columns]
TUPLES = [(n, f"user {n}", n / 7, datetime(2000, 1, 1 + n % 28), n % 2 == 0) for n in range(1, ROWS + 1)]
DICTS = [dict(zip(COLUMNS, row, strict=True)) for row in TUPLES]
WANTED = list(range(3, ROWS, ROWS // KEYS))[:KEYS]
INSERT = f"INSERT INTO bulk_people ({', '.join(COLUMNS)}) VALUES ($1, $2, $3, $4, $5)"

Work = Callable[[], Awaitable[Any]]


async def prepare(url: str, *, filled: bool) -> None:
    """The table, empty or with all rows."""
    from evenflow import Database

    async with Database(url) as db:
        await db.execute("DROP TABLE IF EXISTS bulk_people")
        await db.create_all(metadata)
        if filled:
            await db.copy_records(people, TUPLES)


async def clear(url: str) -> None:
    """No table."""
    from evenflow import Database

    async with Database(url) as db:
        await db.execute("DROP TABLE IF EXISTS bulk_people")


@asynccontextmanager
async def evenflow(url: str) -> AsyncIterator[dict[str, Work]]:
    from evenflow import Database

    async with Database(url) as db:
        yield {
            "copy_records of tuples": lambda: db.copy_records(people, TUPLES),
            "copy_records of dicts": lambda: db.copy_records(people, DICTS),
            "execute_many": lambda: db.execute_many(people.insert(), DICTS),
            "execute_many RETURNING": lambda: db.execute_many(people.insert().returning(people.c.id), DICTS),
            "fetch_by_keys": lambda: db.fetch_by_keys(sa.select(people), people.c.id, WANTED),
        }


@asynccontextmanager
async def asyncpg(url: str) -> AsyncIterator[dict[str, Work]]:
    import asyncpg as library

    raw = await library.connect(url)

    async def many() -> None:
        async with raw.transaction():
            await raw.executemany(INSERT, TUPLES)

    yield {
        "copy_records_to_table": lambda: raw.copy_records_to_table("bulk_people", records=TUPLES, columns=COLUMNS),
        "executemany": many,
        "= ANY": lambda: raw.fetch(f"SELECT {', '.join(COLUMNS)} FROM bulk_people WHERE id = ANY($1)", WANTED),
    }
    await raw.close()


@asynccontextmanager
async def databases(url: str) -> AsyncIterator[dict[str, Work]]:
    from databases import Database

    named = url.replace("mysql://", "mysql+asyncmy://").replace("sqlite://", "sqlite+aiosqlite://")
    async with Database(named) as db:

        async def many() -> None:
            async with db.transaction():  # all or none, as on the other sides
                await db.execute_many(people.insert(), DICTS)

        async def keys() -> Any:
            rows = await db.fetch_all(sa.select(people).where(people.c.id.in_(WANTED)))
            return {row[0]: row for row in rows}

        yield {"execute_many": many, "IN": keys}


@asynccontextmanager
async def sqlalchemy(url: str) -> AsyncIterator[dict[str, Work]]:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))

    async def many() -> None:
        async with engine.begin() as connection:
            await connection.execute(people.insert(), DICTS)

    async def returning() -> Any:
        async with engine.begin() as connection:
            return (await connection.execute(people.insert().returning(people.c.id), DICTS)).all()

    async def keys() -> Any:
        async with engine.connect() as connection:
            rows = await connection.execute(sa.select(people).where(people.c.id.in_(WANTED)))
            return {row.id: row for row in rows}

    yield {"insert of many": many, "insert RETURNING": returning, "IN": keys}
    await engine.dispose()


LIBRARIES = {"evenflow": evenflow, "asyncpg": asyncpg, "databases": databases, "SQLAlchemy asyncio": sqlalchemy}


async def main(arguments: dict[str, str]) -> dict[str, float]:
    """Call again and again until the time is up; what empties the table in between is not measured."""
    library, _, name = arguments["side"].partition(", ")
    looks_up = arguments["what"] == "keys"
    url = arguments["url"]
    await prepare(url, filled=looks_up)
    latencies: list[float] = []
    cpu = 0.0
    async with LIBRARIES[library](url) as works:
        work = works[name]
        if looks_up:
            assert len(await work()) == KEYS
        while sum(latencies) < float(arguments["seconds"]):
            if not looks_up:
                await prepare(url, filled=False)
            cpu_before, begun = time.process_time(), time.perf_counter()
            await work()
            latencies.append(time.perf_counter() - begun)
            cpu += time.process_time() - cpu_before
    each = KEYS if looks_up else ROWS
    return {
        "count": len(latencies) * each,
        "seconds": sum(latencies),
        "cpu_seconds": cpu,
        "p50_ms": median(latencies) * 1e3,
        "p99_ms": quantiles(latencies, n=100)[-1] * 1e3 if len(latencies) > 1 else latencies[0] * 1e3,
    }


if __name__ == "__main__":
    given = dict(word.partition("=")[::2] for word in sys.argv[1:])
    print(json.dumps(asyncio.run(main(given))))
