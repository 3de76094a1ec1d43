"""Databases of one's own on the servers of this machine, made for a test run and dropped after it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.needed import needs

POSTGRES = os.environ.get("EVENFLOW_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
MYSQL = os.environ.get("EVENFLOW_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql")


@contextmanager
def postgres_database(name: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    _needs_postgres()
    asyncio.run(_on_postgres(POSTGRES, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"'))
    try:
        yield POSTGRES.rpartition("/")[0] + f"/{name}"
    finally:
        asyncio.run(_on_postgres(POSTGRES, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextmanager
def mysql_database(name: str) -> Iterator[str]:
    """The URL of an empty MySQL or MariaDB database."""
    _needs_mysql()
    _on_mysql(f"DROP DATABASE IF EXISTS `{name}`", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    try:
        yield MYSQL.rpartition("/")[0] + f"/{name}"
    finally:
        _on_mysql(f"DROP DATABASE IF EXISTS `{name}`")


def empty(url: str) -> None:
    """Drop everything in a database of ours."""
    name = url.rpartition("/")[2]
    if url.startswith("postgresql"):
        others = f"FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        ended = f"SELECT pg_terminate_backend(pid) {others}"
        asyncio.run(_on_postgres(url, ended, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
    else:
        _end_all_on_mysql(name)
        _on_mysql(f"DROP DATABASE `{name}`", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")


async def _on_postgres(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _on_mysql(*statements: str) -> list[Any]:
    import pymysql

    from evenflow import DatabaseURL

    parts = DatabaseURL(MYSQL)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=parts.password or "",
        autocommit=True,
    )
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        connection.close()


def _end_all_on_mysql(name: str) -> None:
    import pymysql

    for (number,) in _on_mysql(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"):
        with suppress(pymysql.OperationalError):  # it has ended by itself in the meantime
            _on_mysql(f"KILL {number}")


def _needs_postgres() -> None:
    needs(
        "PostgreSQL on 127.0.0.1:5432",
        there=_answers(lambda: asyncio.run(_on_postgres(POSTGRES, "SELECT 1"))),
        otherwise="scripts/servers starts it, or set EVENFLOW_TEST_POSTGRES",
    )


def _needs_mysql() -> None:
    needs(
        "MySQL or MariaDB on 127.0.0.1:3306",
        there=_answers(lambda: _on_mysql("SELECT 1")),
        otherwise="scripts/servers starts it, or set EVENFLOW_TEST_MYSQL",
    )


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception:  # whatever is wrong, the server is not there for us
        return False
    return True
