"""The sides of the PostgreSQL and MySQL benchmarks: each gives `read(id)` for one library and a pool of ten."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.sides import READ, ROWS, Operation, load, metadata, users

CONNECTIONS = 10


def address(dialect: str) -> str:
    """The server to measure on; EVENFLOW_BENCH_POSTGRES and EVENFLOW_BENCH_MYSQL name others."""
    if dialect == "postgresql":
        return os.environ.get("EVENFLOW_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
    return os.environ.get("EVENFLOW_BENCH_MYSQL", "mysql://root@127.0.0.1:3306/test")


async def prepare(url: str) -> None:
    """A table of 10,000 rows."""
    from evenflow import Database

    async with Database(url) as db:
        await db.execute("DROP TABLE IF EXISTS users")
        await db.create_all(metadata)
        await db.execute_many(users.insert(), [{"id": n, "name": f"user {n}"} for n in range(1, ROWS + 1)])


async def clear(url: str) -> None:
    """No table."""
    from evenflow import Database

    async with Database(url) as db:
        await db.execute("DROP TABLE IF EXISTS users")


@asynccontextmanager
async def evenflow_prepared(url: str) -> AsyncIterator[Operation]:
    from sqlalchemy import bindparam

    from evenflow import Database

    async with Database(url, max_size=CONNECTIONS) as db:
        get = db.prepare(users.select().where(users.c.id == bindparam("id")))
        yield lambda n: get.fetch_one(id=n)


@asynccontextmanager
async def evenflow_core(url: str) -> AsyncIterator[Operation]:
    from evenflow import Database

    async with Database(url, max_size=CONNECTIONS) as db:
        yield lambda n: db.fetch_one(users.select().where(users.c.id == n))


@asynccontextmanager
async def databases_core(url: str) -> AsyncIterator[Operation]:
    from databases import Database

    async with Database(url.replace("mysql://", "mysql+asyncmy://"), min_size=CONNECTIONS, max_size=CONNECTIONS) as db:
        yield lambda n: db.fetch_one(users.select().where(users.c.id == n))


@asynccontextmanager
async def sqlalchemy_asyncio(url: str) -> AsyncIterator[Operation]:
    from sqlalchemy.ext.asyncio import create_async_engine

    named = url.replace("mysql://", "mysql+asyncmy://").replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(named, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=120)

    async def read(n: int) -> Any:
        async with engine.connect() as connection:
            return (await connection.execute(users.select().where(users.c.id == n))).first()

    yield read
    await engine.dispose()


@asynccontextmanager
async def asyncpg_pool(url: str) -> AsyncIterator[Operation]:
    import asyncpg

    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        yield lambda n: pool.fetchrow(READ + "$1", n)


@asynccontextmanager
async def asyncpg_bare(url: str) -> AsyncIterator[Operation]:
    """The limit: asyncpg's connections in a list, handed to who waits longest; no RESET, no bounds, no care for errors.

    A queue of asyncio's would let the task that gives a connection back take it again at once, and starve the others.
    """
    import asyncpg

    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    free = list(connections)
    waiting: deque[asyncio.Future[Any]] = deque()
    loop = asyncio.get_running_loop()

    async def read(n: int) -> Any:
        if free:
            connection = free.pop()
        else:
            future = loop.create_future()
            waiting.append(future)
            connection = await future
        row = await connection.fetchrow(READ + "$1", n)
        if waiting:
            waiting.popleft().set_result(connection)
        else:
            free.append(connection)
        return row

    yield read
    for connection in connections:
        await connection.close()


@asynccontextmanager
async def asyncmy_pool(url: str) -> AsyncIterator[Operation]:
    import asyncmy

    from evenflow import DatabaseURL

    parts = DatabaseURL(url)
    pool = await asyncmy.create_pool(
        host=parts.hostname, port=parts.port or 3306, user=parts.username, password=parts.password or "",
        db=parts.database, minsize=CONNECTIONS, maxsize=CONNECTIONS, autocommit=True,
    )  # fmt: skip

    async def read(n: int) -> Any:
        async with pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(READ + "%s", (n,))
            return await cursor.fetchone()

    yield read
    pool.close()
    await pool.wait_closed()


SIDES = {
    "evenflow, prepared": evenflow_prepared,
    "evenflow, Core": evenflow_core,
    "databases, Core": databases_core,
    "SQLAlchemy asyncio, Core": sqlalchemy_asyncio,
    "asyncpg.Pool, raw SQL": asyncpg_pool,
    "asyncpg, bare pool": asyncpg_bare,
    "asyncmy.Pool, raw SQL": asyncmy_pool,
}


async def main(arguments: dict[str, str]) -> dict[str, float]:
    async with SIDES[arguments["side"]](arguments["url"]) as read:
        return await load(read, int(arguments["tasks"]), float(arguments["seconds"]))


if __name__ == "__main__":
    given = dict(word.partition("=")[::2] for word in sys.argv[1:])
    print(json.dumps(asyncio.run(main(given))))
