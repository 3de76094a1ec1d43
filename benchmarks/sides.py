"""The sides of the SQLite benchmarks: each gives `read(id)` and `write(name)` for one library."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa

ROWS = 10_000
metadata = sa.MetaData()
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(100)))
READ = "SELECT users.id, users.name FROM users WHERE users.id = "
INSERT = "INSERT INTO users (name) VALUES "

Operation = Callable[[int], Awaitable[Any]]


def make(path: Path) -> None:
    """The file every side works on."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(100))")
        connection.executemany("INSERT INTO users VALUES (?, ?)", [(n, f"user {n}") for n in range(1, ROWS + 1)])
    connection.close()


@asynccontextmanager
async def evenflow_prepared(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    from evenflow import Database

    async with Database(f"sqlite:///{path}") as db:
        get = db.prepare(users.select().where(users.c.id == sa.bindparam("id")))
        put = db.prepare(users.insert().values(name=sa.bindparam("name")))
        yield lambda n: get.fetch_one(id=n), lambda n: put.execute(name=f"user {n}")


@asynccontextmanager
async def evenflow_core(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    from evenflow import Database

    async with Database(f"sqlite:///{path}") as db:
        yield (
            lambda n: db.fetch_one(users.select().where(users.c.id == n)),
            lambda n: db.execute(users.insert().values(name=f"user {n}")),
        )


@asynccontextmanager
async def evenflow_raw(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    from evenflow import Database

    async with Database(f"sqlite:///{path}") as db:
        yield (
            lambda n: db.fetch_all(READ + ":id", {"id": n}),
            lambda n: db.execute(INSERT + "(:name)", {"name": f"user {n}"}),
        )


@asynccontextmanager
async def databases_core(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    from databases import Database

    async with Database(f"sqlite+aiosqlite:///{path}") as db:
        yield (
            lambda n: db.fetch_one(users.select().where(users.c.id == n)),
            lambda n: db.execute(users.insert().values(name=f"user {n}")),
        )


@asynccontextmanager
async def sqlalchemy_asyncio(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=8, max_overflow=0, pool_timeout=120)

    async def read(n: int) -> Any:
        async with engine.connect() as connection:
            return (await connection.execute(users.select().where(users.c.id == n))).first()

    async def write(n: int) -> Any:
        async with engine.begin() as connection:
            await connection.execute(users.insert().values(name=f"user {n}"))

    yield read, write
    await engine.dispose()


@asynccontextmanager
async def aiosqlite_raw(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    import aiosqlite

    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await connection.execute("PRAGMA synchronous = full")
        yield (
            lambda n: connection.execute_fetchall(READ + "?", (n,)),
            lambda n: connection.execute(INSERT + "(?)", (f"user {n}",)),
        )


@asynccontextmanager
async def inline(path: Path) -> AsyncIterator[tuple[Operation, Operation]]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = full")

    async def read(n: int) -> Any:
        return connection.execute(READ + "?", (n,)).fetchall()

    async def write(n: int) -> Any:
        return connection.execute(INSERT + "(?)", (f"user {n}",)).lastrowid

    yield read, write
    connection.close()


SIDES = {
    "evenflow, prepared": evenflow_prepared,
    "evenflow, Core": evenflow_core,
    "evenflow, raw SQL": evenflow_raw,
    "databases, Core": databases_core,
    "SQLAlchemy asyncio, Core": sqlalchemy_asyncio,
    "aiosqlite, raw SQL": aiosqlite_raw,
    "sqlite3 on the loop": inline,
}


async def load(operation: Operation, tasks: int, seconds: float) -> dict[str, float]:
    """`tasks` tasks call `operation` with random ids until the time is up."""
    latencies: list[float] = []
    random_id = random.Random(7).randrange
    await asyncio.gather(*(operation(random_id(1, ROWS)) for _ in range(tasks)))  # warm

    async def one() -> None:
        while (started := time.perf_counter()) < end:
            await operation(random_id(1, ROWS))
            latencies.append(time.perf_counter() - started)

    cpu, begun = time.process_time(), time.perf_counter()
    end = begun + seconds
    await asyncio.gather(*(one() for _ in range(tasks)))
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "count": len(latencies),
        "seconds": wall,
        "cpu_seconds": cpu,
        "p50_ms": median(latencies) * 1e3,
        "p99_ms": quantiles(latencies, n=100)[-1] * 1e3 if len(latencies) > 1 else 0.0,
    }


async def main(arguments: dict[str, str]) -> dict[str, float]:
    side = SIDES[arguments["side"]]
    async with side(Path(arguments["path"])) as (read, write):
        operation = read if arguments["what"] == "read" else write
        return await load(operation, int(arguments["tasks"]), float(arguments["seconds"]))


if __name__ == "__main__":
    given = dict(word.partition("=")[::2] for word in sys.argv[1:])
    if os.environ.get("EVENFLOW_BENCH_UVLOOP"):
        import uvloop

        print(json.dumps(uvloop.run(main(given))))
    else:
        print(json.dumps(asyncio.run(main(given))))
