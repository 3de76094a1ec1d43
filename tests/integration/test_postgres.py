"""PostgreSQL by asyncpg: values, answers, errors, transactions, and what a connection is like after a cancel."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import decimal
import enum
import ipaddress
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from evenflow import Database
from evenflow.database.driver import Begin
from evenflow.database.drivers.postgres import PostgresServer, connection_arguments
from evenflow.database.plan import Call, ManyCall, Want
from evenflow.database.statement import planner_for
from evenflow.database.url import DatabaseURL
from evenflow.errors import (
    CannotOpen,
    ConfigError,
    ConnectionLost,
    ConstraintViolated,
    EvenflowError,
    QueryError,
    QueryTimeout,
    ReadOnly,
    TransactionConflict,
    TransactionMisused,
)
from tests.needed import needs

asyncpg = pytest.importorskip("asyncpg")

HOME = "postgresql://postgres@127.0.0.1:5432"


async def _administer(*statements: str) -> None:
    raw = await asyncpg.connect(f"{HOME}/postgres", timeout=5)
    try:
        for statement in statements:
            await raw.execute(statement)
    finally:
        await raw.close()


def _server_answers() -> bool:
    try:
        asyncio.run(_administer("SELECT 1"))
    except (OSError, asyncpg.PostgresError):
        return False
    return True


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    needs("PostgreSQL", there=_server_answers(), otherwise=f"run one that lets in {HOME} without a password")
    name = f"evenflow_{secrets.token_hex(6)}"
    asyncio.run(_administer(f"CREATE DATABASE {name}"))
    yield f"{HOME}/{name}"
    asyncio.run(_administer(f"DROP DATABASE {name} WITH (FORCE)"))


metadata = sa.MetaData()
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(40), unique=True),
    sa.Column("age", sa.Integer, sa.CheckConstraint("age >= 0", name="age_is_positive")),
    sa.Column("balance", sa.Numeric(10, 2)),
)
pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("b", sa.String, primary_key=True),
)
posts = sa.Table(
    "posts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id", name="posts_user"), nullable=False),
)


@pytest.fixture(scope="module")
def tables(url: str) -> str:
    async def create() -> None:
        async with Database(url) as db:
            await db.create_all(metadata)

    asyncio.run(create())
    return url


@pytest.fixture
async def db(tables: str) -> AsyncIterator[Database]:
    async with Database(tables) as database:
        await database.execute("TRUNCATE users, pairs, posts RESTART IDENTITY")
        yield database


class Wired:
    """A wire of its own, and the planner for it."""

    def __init__(self, server: PostgresServer, wire: Any) -> None:
        self.server = server
        self.wire = wire
        self.planner = planner_for(server.dialect)

    def call(self, statement: Any, values: Any = None, want: Want = Want.ALL, **rest: Any) -> Call:
        plan, sql, args = self.planner.bind(statement, values)
        return Call(plan, sql, args, want, **rest)

    async def run(self, statement: Any, values: Any = None, want: Want = Want.ALL, **rest: Any) -> Any:
        return await self.wire.run(self.call(statement, values, want, **rest))

    async def run_many(self, statement: Any, values: list[dict[str, Any]]) -> Any:
        return await self.wire.run_many(ManyCall(self.planner.bind_many(statement, values)))


async def _wired(url: str, **options: Any) -> Wired:
    server = PostgresServer(DatabaseURL(url), options)
    wire = await server.connect()
    server.teach(wire)
    return Wired(server, wire)


@pytest.fixture
async def wired(tables: str) -> AsyncIterator[Wired]:
    made = await _wired(tables)
    await made.run("TRUNCATE users, pairs, posts RESTART IDENTITY")
    made.wire.altered = False
    yield made
    made.wire.abort()


def shown(error: BaseException | None) -> str:
    """Everything a log could show of an error: its own words, and those of the errors behind it."""
    if error is None:
        return ""
    return f"{error} {error!r} {shown(error.__cause__)} {shown(error.__context__)}"


# Values


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Rot13(sa.TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[::-1]

    process_result_value = process_bind_param


NOW = datetime.datetime(2026, 11, 22, 13, 14, 15, 161718)
ZONED = NOW.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
TYPES: list[tuple[str, Any, Any]] = [
    ("small", sa.SmallInteger(), 7),
    ("integer", sa.Integer(), -7),
    ("big", sa.BigInteger(), 2**60),
    ("numeric", sa.Numeric(12, 3), decimal.Decimal("12.340")),
    ("numeric_as_float", sa.Numeric(12, 3, asdecimal=False), 12.25),
    ("real", sa.REAL(), 1.5),
    ("float", sa.Float(), 0.1),
    ("float_as_decimal", sa.Float(asdecimal=True), decimal.Decimal("0.5")),
    ("double", sa.Double(), 1e300),
    ("string", sa.String(30), "Größe '; --"),
    ("text", sa.Text(), "x" * 10_000),
    ("char", sa.CHAR(3), "abc"),
    ("boolean", sa.Boolean(), True),
    ("date", sa.Date(), NOW.date()),
    ("time", sa.Time(), NOW.time()),
    ("time_zoned", sa.Time(timezone=True), ZONED.timetz()),
    ("datetime", sa.DateTime(), NOW),
    ("datetime_zoned", sa.DateTime(timezone=True), ZONED),
    ("interval", sa.Interval(), datetime.timedelta(days=3, seconds=4, microseconds=5)),
    ("binary", sa.LargeBinary(), b"\x00\xff'"),
    ("uuid", sa.Uuid(), uuid.UUID(int=5)),
    ("uuid_as_text", sa.Uuid(as_uuid=False), str(uuid.UUID(int=6))),
    ("enum", sa.Enum(Color, name="color"), Color.BLUE),
    ("enum_of_texts", sa.Enum("a", "b", name="letters"), "b"),
    ("enum_as_text", sa.Enum(Color, native_enum=False), Color.RED),
    ("json", sa.JSON(), {"a": [1, None, "ü"], "b": 1.5}),
    ("json_null", sa.JSON(none_as_null=True), [1]),
    ("jsonb", pg.JSONB(), {"a": [1, None, "ü"], "b": {"c": True}}),
    ("array", pg.ARRAY(sa.Integer), [1, None, 3]),
    ("array_of_texts", pg.ARRAY(sa.String), ["a,b", '"', "{}"]),
    ("array_of_arrays", pg.ARRAY(sa.Integer, dimensions=2), [[1, 2], [3, 4]]),
    ("array_of_numerics", pg.ARRAY(sa.Numeric(6, 2)), [decimal.Decimal("1.50")]),
    ("array_of_enums", pg.ARRAY(sa.Enum(Color, name="color")), [Color.RED, Color.BLUE]),
    ("inet", pg.INET(), ipaddress.ip_address("10.0.0.1")),
    ("cidr", pg.CIDR(), ipaddress.ip_network("10.0.0.0/8")),
    ("macaddr", pg.MACADDR(), "08:00:2b:01:02:03"),
    ("bits", pg.BIT(4), pg.BitString("0101")),
    ("int_range", pg.INT4RANGE(), pg.Range(1, 10, bounds="[)")),
    ("num_range", pg.NUMRANGE(), pg.Range(decimal.Decimal("1.5"), None, bounds="(]")),
    ("date_range", pg.DATERANGE(), pg.Range(NOW.date(), NOW.date() + datetime.timedelta(3), bounds="[)")),
    ("empty_range", pg.INT4RANGE(), pg.Range(empty=True)),
    ("multirange", pg.INT4MULTIRANGE(), pg.MultiRange([pg.Range(1, 3), pg.Range(5, 8)])),
    ("pickled", sa.PickleType(), {"a": (1, 2)}),
    ("decorated", Rot13(), "abc"),
    ("tsvector", pg.TSVECTOR(), "'cat':2 'fat':1"),
    ("oid", pg.OID(), 26),
]
samples = sa.Table(
    "samples",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, type_) for name, type_, _ in TYPES),
)


@pytest.fixture(scope="module")
def written_by_sqlalchemy(tables: str) -> dict[int, dict[str, Any]]:
    """The samples (1) and a row of NULLs (2), stored and read by SQLAlchemy's own engine."""
    from sqlalchemy.ext.asyncio import create_async_engine

    async def write() -> dict[int, dict[str, Any]]:
        engine = create_async_engine(tables.replace("postgresql://", "postgresql+asyncpg://"))
        try:
            async with engine.begin() as connection:
                await connection.execute(samples.insert(), {"id": 1, **{name: value for name, _, value in TYPES}})
                await connection.execute(samples.insert().values(id=2))
                found = await connection.execute(samples.select())
                return {row.id: dict(row._mapping) for row in found}
        finally:
            await engine.dispose()

    return asyncio.run(write())


@pytest.fixture(scope="module")
def written_by_us(tables: str) -> dict[int, dict[str, Any]]:
    """The same, stored and read by us; and what we read of what SQLAlchemy has stored."""

    async def write() -> dict[int, dict[str, Any]]:
        async with Database(tables) as db:
            await db.execute(samples.insert(), {"id": 3, **{name: value for name, _, value in TYPES}})
            await db.execute(samples.insert().values(id=4))
            return {row["id"]: dict(row) for row in await db.fetch_all(samples.select())}

    return asyncio.run(write())


@pytest.mark.parametrize("name", [name for name, _, _ in TYPES])
def test_a_value_comes_back_as_from_sqlalchemys_own_engine(
    written_by_sqlalchemy: dict[int, dict[str, Any]], written_by_us: dict[int, dict[str, Any]], name: str
) -> None:
    theirs = written_by_sqlalchemy[1][name]
    ours_of_theirs, ours = written_by_us[1][name], written_by_us[3][name]

    assert (type(ours), ours) == (type(theirs), theirs)
    assert (type(ours_of_theirs), ours_of_theirs) == (type(theirs), theirs)


@pytest.mark.parametrize("name", [name for name, _, _ in TYPES])
def test_a_null_comes_back_as_from_sqlalchemys_own_engine(
    written_by_sqlalchemy: dict[int, dict[str, Any]], written_by_us: dict[int, dict[str, Any]], name: str
) -> None:
    assert written_by_us[2][name] == written_by_us[4][name] == written_by_sqlalchemy[2][name]


async def test_a_dict_is_json_in_a_text_of_sql(db: Database) -> None:
    assert await db.fetch_val("SELECT CAST(:doc AS jsonb)", {"doc": {"a": [1]}}) == {"a": [1]}


async def test_numbers_computed_by_the_server_have_sqlalchemys_types(db: Database) -> None:
    await db.execute(users.insert().values(email="a", age=3, balance=decimal.Decimal("1.50")))
    query = sa.select(
        sa.func.sum(users.c.balance), sa.func.avg(users.c.age), sa.func.max(sa.cast(users.c.age, sa.Float))
    )

    assert [type(value) for value in (await db.fetch_one(query))._tuple()] == [decimal.Decimal, decimal.Decimal, float]


# Answers


async def test_an_insert_answers_its_key(db: Database) -> None:
    assert await db.execute(users.insert().values(email="a")) == 1
    assert await db.execute(users.insert(), {"email": "b"}) == 2


async def test_an_insert_with_a_key_of_two_columns_answers_both(db: Database) -> None:
    assert await db.execute(pairs.insert().values(a=1, b="x")) == (1, "x")


async def test_an_insert_that_found_a_conflict_answers_zero(db: Database) -> None:
    await db.execute(users.insert().values(id=1, email="a"))
    insert = pg.insert(users).values(id=1, email="b").on_conflict_do_nothing()

    assert await db.execute(insert) in (0, None)


async def test_an_update_and_a_delete_answer_how_many_rows(db: Database) -> None:
    await db.execute_many(users.insert(), [{"email": str(n)} for n in range(5)])

    assert await db.execute(users.update().where(users.c.id > 2).values(age=1)) == 3
    assert await db.execute(users.delete().where(users.c.id > 100)) == 0
    assert await db.execute("DELETE FROM users") == 5


async def test_a_returning_answers_its_first_value(db: Database) -> None:
    assert await db.execute(users.insert().values(email="a").returning(users.c.email)) == "a"


async def test_ddl_answers_zero(db: Database) -> None:
    assert await db.execute("CREATE TABLE scratch AS SELECT 1 AS a UNION SELECT 2") == 0
    assert await db.execute("DROP TABLE scratch") == 0


async def test_a_text_holds_one_statement_only(db: Database) -> None:
    with pytest.raises(QueryError, match="multiple commands"):
        await db.execute("UPDATE users SET age = 1; COMMIT")


async def test_a_block_of_plpgsql_is_one_statement(db: Database) -> None:
    assert await db.execute("DO $$ BEGIN PERFORM 1; END $$") == 0


async def test_a_write_for_one_row_changes_all_of_them(db: Database) -> None:
    await db.execute_many(users.insert(), [{"email": str(n)} for n in range(5)])

    await db.fetch_one(users.update().values(age=1).returning(users.c.id))

    assert await db.fetch_val(sa.select(sa.func.count()).where(users.c.age == 1)) == 5


async def test_columns_of_one_name_are_both_there(wired: Wired) -> None:
    assert [tuple(row.values()) for row in await wired.run("SELECT 1 AS a, 2 AS a")] == [(1, 2)]


async def test_a_text_shows_a_column_added_by_somebody_else(db: Database, tables: str) -> None:
    await db.execute("CREATE TABLE widening (a integer)")
    await db.execute("INSERT INTO widening VALUES (1)")
    for _ in range(3):
        assert [dict(row) for row in await db.fetch_all("SELECT * FROM widening")] == [{"a": 1}]

    raw = await asyncpg.connect(tables)
    await raw.execute("ALTER TABLE widening ADD COLUMN b integer DEFAULT 2")
    for _ in range(3):
        assert [dict(row) for row in await db.fetch_all("SELECT * FROM widening")] == [{"a": 1, "b": 2}]
    await raw.execute("DROP TABLE widening")
    await raw.close()


async def test_no_lock_is_kept_by_learning_the_columns_of_a_text(wired: Wired, tables: str) -> None:
    raw = await asyncpg.connect(tables)
    await raw.execute("CREATE TABLE locked (a integer); INSERT INTO locked VALUES (1)")
    await wired.run("SELECT * FROM locked")
    await wired.run("SELECT * FROM locked")
    await raw.execute("ALTER TABLE locked ADD COLUMN b integer")
    await wired.run("SELECT * FROM locked")

    async with asyncio.timeout(5):
        await raw.execute("DROP TABLE locked")
    await raw.close()


async def test_the_tables_of_the_search_path_are_listed(db: Database) -> None:
    names = {row[0] for row in await db.fetch_all(PostgresServer.tables)}

    assert {"users", "pairs", "posts"} <= names
    assert not any(name.startswith("pg_") for name in names)


# Many


async def test_many_inserts_answer_how_many(wired: Wired) -> None:
    assert await wired.run_many(users.insert(), [{"email": str(n)} for n in range(1000)]) == 1000


async def test_many_updates_answer_how_many_rows_they_changed(wired: Wired) -> None:
    await wired.run_many(users.insert(), [{"email": str(n)} for n in range(10)])
    update = users.update().where(users.c.id > sa.bindparam("least")).values(age=1)

    assert await wired.run_many(update, [{"least": 8}, {"least": 100}, {"least": 5}]) == 2 + 0 + 5


async def test_many_inserts_count_conflicts_out(wired: Wired) -> None:
    insert = pg.insert(users).on_conflict_do_nothing()

    assert await wired.run_many(insert, [{"id": 1}, {"id": 1}, {"id": 2}]) == 2


async def test_many_texts_are_counted_too(wired: Wired) -> None:
    insert = "INSERT INTO users (email) VALUES (:email) -- a comment"

    assert await wired.run_many(insert, [{"email": "a"}, {"email": "b"}]) == 2


async def test_many_inserts_with_returning_answer_their_rows_in_order(wired: Wired) -> None:
    rows = await wired.run_many(users.insert().returning(users.c.email), [{"email": str(n)} for n in range(20)])

    assert [row.email for row in rows] == [str(n) for n in range(20)]


async def test_many_are_all_or_nothing_by_themselves(wired: Wired) -> None:
    sets = [{"email": "a"}, {"email": "b"}, {"email": "a"}]
    call = ManyCall(wired.planner.bind_many(users.insert(), sets))

    assert wired.wire.is_atomic(call)
    with pytest.raises(ConstraintViolated):
        await wired.wire.run_many(call)
    assert await wired.run(sa.select(sa.func.count()).select_from(users), want=Want.VALUE) == 0


async def test_several_statements_for_many_sets_are_not_atomic_by_themselves(wired: Wired) -> None:
    batches = wired.planner.bind_many("INSERT INTO users (email) VALUES (:email)", [{"email": "a"}])
    other = wired.planner.bind_many("INSERT INTO users (age) VALUES (:age)", [{"age": 1}])

    assert not wired.wire.is_atomic(ManyCall(batches + other))


# Errors


async def test_a_broken_constraint_is_named(db: Database) -> None:
    await db.execute(users.insert().values(email="secret@example.org"))
    with pytest.raises(ConstraintViolated) as caught:
        await db.execute(users.insert().values(email="secret@example.org"))

    assert caught.value.constraint == "users_email_key"
    assert isinstance(caught.value, asyncpg.UniqueViolationError)


async def test_no_value_of_a_broken_constraint_is_shown(db: Database) -> None:
    await db.execute(users.insert().values(email="secret@example.org"))
    with pytest.raises(ConstraintViolated) as caught:
        await db.execute(users.insert().values(email="secret@example.org"))

    assert "secret" not in shown(caught.value)


@pytest.mark.parametrize(
    ("values", "kind", "constraint"),
    [
        ({"age": -1}, asyncpg.CheckViolationError, "age_is_positive"),
        ({"id": None}, asyncpg.NotNullViolationError, "id"),
    ],
)
async def test_constraints_of_every_kind_are_told(db: Database, values: Any, kind: Any, constraint: str) -> None:
    column = next(iter(values))
    with pytest.raises(ConstraintViolated) as caught:
        await db.execute(f"INSERT INTO users ({column}) VALUES (:{column})", values)

    assert isinstance(caught.value, kind)
    assert caught.value.constraint == constraint


async def test_a_foreign_key_is_a_constraint(db: Database) -> None:
    with pytest.raises(ConstraintViolated) as caught:
        await db.execute(posts.insert().values(user_id=12345))

    assert caught.value.constraint == "posts_user"


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT CAST(:a AS integer)", {"a": "geheim"}),
        ("SELECT CAST(CAST(:a AS text) AS integer)", {"a": "geheim"}),
        ("SELECT CAST(CAST(:a AS text) AS uuid)", {"a": "geheim"}),
        ("SELECT CAST(CAST(:a AS text) AS timestamp)", {"a": "geheim"}),
        ("SELECT CAST(CAST(:a AS text) AS jsonb)", {"a": "geheim"}),
        ("SELECT CAST(:a AS uuid)", {"a": "geheim"}),
        ("SELECT CAST(:a AS timestamp)", {"a": "geheim"}),
        ("INSERT INTO users (email) VALUES (:a)", {"a": "geheim" * 20}),
        ("SELECT CAST(:a AS text)", {"a": "geheim\x00"}),
        ("SELECT CAST(:a AS text)", {"a": "geheim\ud800"}),
        (users.insert(), {"email": b"geheim"}),
        (users.insert(), {"age": "geheim"}),
        (sa.select(sa.cast(sa.bindparam("a", type_=sa.Text), sa.Date)), {"a": "geheim"}),
    ],
)
async def test_no_value_is_in_an_error_about_data(db: Database, sql: Any, values: dict[str, Any]) -> None:
    with pytest.raises(QueryError) as caught:
        await db.fetch_all(sql, values)

    assert "geheim" not in shown(caught.value)
    assert caught.value.__context__ is None
    assert isinstance(caught.value, asyncpg.DataError)


async def test_an_argument_of_the_wrong_type_is_told_by_its_number(db: Database) -> None:
    with pytest.raises(QueryError, match=r"Argument \$1 .* expected str, got int"):
        await db.execute(users.insert(), {"age": 1, "email": 5})


async def test_a_set_of_many_is_told_by_its_number(wired: Wired) -> None:
    with pytest.raises(QueryError, match=r"Argument \$1 of set 2 does not fit"):
        await wired.run_many(users.insert(), [{"email": "x"}, {"email": 5}])


async def test_a_number_too_large_is_told_as_that(db: Database) -> None:
    with pytest.raises(QueryError, match="have 32 bits"):
        await db.execute(users.insert().values(age=2**40))


async def test_a_missing_table_is_told_how_to_create_it(db: Database) -> None:
    with pytest.raises(QueryError, match=r"relation \"nowhere\" does not exist\. Create it with `db.create_all"):
        await db.fetch_all("SELECT * FROM nowhere")


async def test_a_statement_cancelled_by_the_server_is_a_timeout(db: Database) -> None:
    with pytest.raises(QueryTimeout) as caught:
        async with db.transaction():
            await db.execute("SET LOCAL statement_timeout = 20")
            await db.fetch_all("SELECT pg_sleep(5)")

    assert isinstance(caught.value, asyncpg.QueryCanceledError)


async def test_command_timeout_is_a_timeout(tables: str) -> None:
    async with Database(tables, command_timeout=0.1) as db:
        with pytest.raises(QueryTimeout):
            await db.fetch_all("SELECT pg_sleep(5)")
        assert await db.fetch_val("SELECT 1") == 1


async def test_a_write_in_a_read_only_transaction_is_refused(wired: Wired) -> None:
    await wired.wire.begin(Begin(readonly=True))

    with pytest.raises(ReadOnly):
        await wired.run(users.insert().values(email="a"), want=Want.ANSWER)


async def test_a_serialization_failure_is_a_conflict(tables: str, db: Database) -> None:
    await db.execute(users.insert().values(email="a", age=1))
    one, two = await _wired(tables), await _wired(tables)
    for each in (one, two):
        await each.wire.begin(Begin(isolation="repeatable read"))
        await each.run(users.select())
    await one.run(users.update().values(age=2), want=Want.ANSWER)
    await one.wire.command("COMMIT")

    with pytest.raises(TransactionConflict) as caught:
        await two.run(users.update().values(age=3), want=Want.ANSWER)
    assert caught.value.transient
    for each in (one, two):
        await each.wire.close()


async def test_a_deadlock_is_a_conflict(tables: str, db: Database) -> None:
    await db.execute_many(users.insert(), [{"id": 1}, {"id": 2}])
    one, two = await _wired(tables), await _wired(tables)
    for each, first in ((one, 1), (two, 2)):
        await each.wire.begin(Begin())
        await each.run(users.update().where(users.c.id == first).values(age=1), want=Want.ANSWER)

    async def second(each: Wired, number: int) -> None:
        await each.run(users.update().where(users.c.id == number).values(age=1), want=Want.ANSWER)
        await each.wire.command("COMMIT")

    results = await asyncio.gather(second(one, 2), second(two, 1), return_exceptions=True)

    assert sum(isinstance(result, TransactionConflict) for result in results) == 1
    for each in (one, two):
        each.wire.abort()


async def test_after_an_error_a_transaction_says_what_to_do(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    with pytest.raises(QueryError):
        await wired.run("SELECT 1/0")

    with pytest.raises(TransactionMisused, match="leave the block"):
        await wired.run("SELECT 1")


async def test_a_commit_that_rolls_back_is_an_error(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    with pytest.raises(QueryError):
        await wired.run("SELECT 1/0")

    with pytest.raises(TransactionMisused, match="nothing of it was kept"):
        await wired.wire.command("COMMIT")
    assert not wired.wire.in_transaction


async def test_a_lost_connection_is_told_and_closed(wired: Wired, tables: str) -> None:
    pid = await wired.run("SELECT pg_backend_pid()", want=Want.VALUE)
    await _administer(f"SELECT pg_terminate_backend({pid})")

    with pytest.raises(ConnectionLost):
        await wired.run("SELECT 1")
    assert wired.wire.lost


async def test_a_dropped_and_recreated_enum_is_noticed(tables: str) -> None:
    moods = sa.Table("moods", sa.MetaData(), sa.Column("mood", sa.Enum("good", "bad", name="mood")))
    async with Database(tables, max_size=2) as db:
        for _ in range(3):
            await db.create_all(moods.metadata)
            async with db.transaction():
                await asyncio.gather(*(db.execute(moods.insert().values(mood="bad")) for _ in range(4)))
            assert [row.mood for row in await db.fetch_all(moods.select())] == ["bad"] * 4
            await db.execute("DROP TABLE moods")
            await db.execute("DROP TYPE mood")


async def test_a_table_changed_on_one_connection_is_known_to_the_other(tables: str) -> None:
    one = await _wired(tables)
    two = Wired(one.server, await one.server.connect())
    await one.run("CREATE TABLE shaped (a integer)")
    await one.run("INSERT INTO shaped VALUES (1)")
    for each in (one, two, one, two):
        await each.run("SELECT * FROM shaped")

    await one.run("ALTER TABLE shaped ALTER COLUMN a TYPE text")
    await two.wire.begin(Begin())

    assert [dict(row) for row in await two.run("SELECT * FROM shaped")] == [{"a": "1"}]
    await two.wire.command("COMMIT")
    await one.run("DROP TABLE shaped")
    for each in (one, two):
        await each.wire.close()


# Opening


@pytest.mark.parametrize(
    ("address", "transient", "sentence"),
    [
        ("postgresql://postgres@127.0.0.1:5432/evenflow_nowhere", False, "has no database evenflow_nowhere"),
        ("postgresql://postgres:geheim@127.0.0.1:1/x", True, "cannot be reached"),
        ("postgresql://nobody_here:geheim@127.0.0.1:5432/test", False, "nobody_here"),
        ("postgresql://postgres@127.0.0.1:5432/test?target_session_attrs=standby", True, "target_session_attrs"),
    ],
)
async def test_what_cannot_be_opened_is_told_why(url: str, address: str, transient: bool, sentence: str) -> None:
    server = PostgresServer(DatabaseURL(address), {})

    with pytest.raises(CannotOpen, match=sentence) as caught:
        await server.connect()
    assert caught.value.transient is transient
    assert "geheim" not in shown(caught.value)


async def test_a_server_that_does_not_answer_is_given_up(url: str) -> None:
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server = PostgresServer(DatabaseURL(f"postgresql://x@127.0.0.1:{port}/x?connect_timeout=0.1"), {})

    with pytest.raises(CannotOpen, match="did not answer within connect_timeout"):
        await server.connect()
    await ended.wait()
    listening.close()
    await listening.wait_closed()


async def test_a_server_without_tls_is_told(url: str) -> None:
    server = PostgresServer(DatabaseURL(f"{HOME}/test?ssl=true"), {})

    with pytest.raises(CannotOpen, match="TLS"):
        await server.connect()


async def test_init_is_handed_each_new_connection(tables: str) -> None:
    seen: list[Any] = []

    async def init(raw: Any) -> None:
        seen.append(await raw.fetchval("SELECT 1"))

    wired = await _wired(tables, init=init)

    assert seen == [1]
    await wired.wire.close()


async def test_settings_of_the_session_are_the_servers(tables: str) -> None:
    wired = await _wired(f"{tables}?search_path=elsewhere&application_name=tests", server_settings={"jit": "off"})

    names = ("search_path", "application_name", "jit")
    assert [await wired.run(f"SHOW {name}", want=Want.VALUE) for name in names] == ["elsewhere", "tests", "off"]
    await wired.wire.close()


# Transactions


@pytest.mark.parametrize(
    ("begin", "isolation", "readonly", "deferrable"),
    [
        (Begin(), "read committed", "off", "off"),
        (Begin(isolation="read uncommitted"), "read uncommitted", "off", "off"),
        (Begin(isolation="serializable", readonly=True, deferrable=True), "serializable", "on", "on"),
        (Begin(isolation="repeatable read", readonly=True), "repeatable read", "on", "off"),
    ],
)
async def test_a_transaction_begins_as_asked(
    wired: Wired, begin: Begin, isolation: str, readonly: str, deferrable: str
) -> None:
    await wired.wire.begin(begin)

    assert wired.wire.in_transaction
    names = ("transaction_isolation", "transaction_read_only", "transaction_deferrable")
    found = [await wired.run(f"SHOW {name}", want=Want.VALUE) for name in names]
    assert found == [isolation, readonly, deferrable]


async def test_an_abandoned_transaction_does_not_become_part_of_the_next(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    await wired.run(users.insert().values(email="abandoned"), want=Want.ANSWER)

    await wired.wire.begin(Begin())
    await wired.wire.command("COMMIT")

    assert await wired.run(users.select()) == []


# Cursors


async def test_a_cursor_reads_pieces_while_other_statements_run(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    cursor = await wired.wire.open_cursor(wired.call("SELECT n FROM generate_series(1, 7) AS n"))

    pieces = []
    while piece := await cursor.fetch(3):
        pieces.append([row.n for row in piece])
        assert await wired.run("SELECT 1", want=Want.VALUE) == 1

    assert pieces == [[1, 2, 3], [4, 5, 6], [7]]


async def test_a_closed_cursor_leaves_nothing_on_the_server(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    cursor = await wired.wire.open_cursor(wired.call("SELECT n FROM generate_series(1, 7) AS n"))
    await cursor.fetch(3)

    await cursor.close()

    # The query that looks is a portal of its own.
    names = [row.name for row in await wired.run("SELECT name FROM pg_cursors WHERE name <> ''")]
    assert names == []
    assert await cursor.fetch(3) == []


async def test_an_error_within_a_cursor_is_ours(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    cursor = await wired.wire.open_cursor(wired.call("SELECT 1 / (3 - n) FROM generate_series(1, 7) AS n"))

    with pytest.raises(QueryError, match="divides by zero"):
        await cursor.fetch(5)


async def test_a_cursor_of_a_write_returns_its_rows(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    cursor = await wired.wire.open_cursor(wired.call(users.insert().values(email="a").returning(users.c.email)))

    assert [row.email for row in await cursor.fetch(10)] == ["a"]


# Cancelling, resetting


async def test_a_cancelled_statement_ends_on_the_server(wired: Wired, tables: str) -> None:
    pid = wired.wire.raw.get_server_pid()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wired.run("SELECT pg_sleep(30)")
    await wired.wire.recover()

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1
    assert wired.wire.raw.get_server_pid() == pid


async def test_a_transaction_is_still_known_after_a_cancel(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wired.run("SELECT pg_sleep(30)")
    await wired.wire.recover()

    assert wired.wire.in_transaction


async def test_a_cancelled_begin_is_seen_after_recovery(wired: Wired) -> None:
    for _ in range(50):
        task = asyncio.ensure_future(wired.wire.begin(Begin()))
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await wired.wire.recover()
        inside = await wired.run("SELECT now() < statement_timestamp() OR pg_current_xact_id_if_assigned() IS NULL")
        assert inside
        if wired.wire.in_transaction:
            await wired.wire.command("ROLLBACK")
        assert not wired.wire.in_transaction


async def test_recovery_waits_for_a_call_that_still_runs(wired: Wired) -> None:
    running = asyncio.ensure_future(wired.run("SELECT pg_sleep(0.2)"))
    await asyncio.sleep(0.05)

    await wired.wire.recover()

    assert running.done()
    assert not wired.wire.lost


async def test_a_server_that_is_gone_cannot_be_recovered(wired: Wired) -> None:
    pid = wired.wire.raw.get_server_pid()
    await _administer(f"SELECT pg_terminate_backend({pid})")

    with pytest.raises(ConnectionLost):
        await wired.wire.recover()
    assert wired.wire.lost


@pytest.mark.slow
async def test_a_thousand_cancels_hurt_nobody(tables: str) -> None:
    async with Database(tables, max_size=4) as db:
        await db.execute("TRUNCATE users RESTART IDENTITY CASCADE")
        wrong: list[Any] = []
        kills = 0

        async def killer(number: int) -> None:
            nonlocal kills
            for turn in range(250):
                task = asyncio.ensure_future(_pair(db, f"{number}-{turn}"))
                await asyncio.sleep(secrets.randbelow(4000) / 1e6)
                kills += task.cancel()
                await asyncio.wait([task])

        async def checker(number: int, over: asyncio.Event) -> None:
            turn = 0
            while not over.is_set():
                turn += 1
                try:
                    found = await db.fetch_val("SELECT CAST(:n AS integer)", {"n": number * 10**6 + turn})
                except EvenflowError as error:
                    wrong.append(error)
                else:
                    if found != number * 10**6 + turn:
                        wrong.append(found)

        over = asyncio.Event()
        checkers = [asyncio.ensure_future(checker(number, over)) for number in range(3)]
        await asyncio.gather(*(killer(number) for number in range(4)))
        over.set()
        await asyncio.gather(*checkers)

        assert kills > 100
        assert wrong == []
        halves = "SELECT age FROM users GROUP BY age HAVING count(*) <> 2"
        assert await db.fetch_all(halves) == []
        idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"
        assert await db.fetch_val(idle) == 0


_ages = iter(range(1, 10**9))


async def _pair(db: Database, name: str) -> None:
    age = next(_ages)
    async with db.transaction():
        await db.execute(users.insert().values(email=f"a{name}", age=age))
        await db.execute(users.insert().values(email=f"b{name}", age=age))


async def test_a_reset_session_is_as_new(wired: Wired) -> None:
    await wired.run("SET search_path = elsewhere")
    await wired.run("SET ROLE pg_monitor")
    await wired.run("CREATE TEMP TABLE own (a integer)")
    await wired.run("SELECT pg_advisory_lock(42)")

    await wired.wire.reset()

    assert await wired.run("SHOW search_path", want=Want.VALUE) == '"$user", public'
    assert await wired.run("SELECT current_user", want=Want.VALUE) == "postgres"
    assert await wired.run("SELECT to_regclass('own')", want=Want.VALUE) is None
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert await wired.run(locks, want=Want.VALUE) == 0


async def test_a_reset_rolls_back(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    await wired.wire.reset()

    assert not wired.wire.in_transaction


async def test_a_set_marks_the_connection(wired: Wired) -> None:
    await wired.run("SET search_path = elsewhere")

    assert wired.wire.altered


async def test_plain_core_leaves_the_connection_unmarked(wired: Wired) -> None:
    await wired.run(users.insert().values(email="a"), want=Want.ANSWER)
    await wired.run(users.select().where(users.c.id == 1))

    assert not wired.wire.altered


# A pooler in between


async def test_without_a_statement_cache_everything_works(tables: str) -> None:
    async with Database(tables, statement_cache_size=0) as db:
        await db.execute("TRUNCATE users RESTART IDENTITY CASCADE")
        assert await db.execute(users.insert().values(email="a", balance=1)) == 1
        assert await db.execute_many(users.insert(), [{"email": "b"}, {"email": "c"}]) == 2
        for _ in range(2):
            assert [row.email for row in await db.fetch_all(users.select().order_by(users.c.id))] == ["a", "b", "c"]
            assert [row.email for row in await db.fetch_all("SELECT * FROM users ORDER BY id")] == ["a", "b", "c"]
        async with db.transaction():
            assert [row.email async for row in db.iterate("SELECT email FROM users ORDER BY id")] == ["a", "b", "c"]


async def test_a_vanished_prepared_statement_ends_their_keeping(tables: str, caplog: pytest.LogCaptureFixture) -> None:
    wired = await _wired(tables)
    other = Wired(wired.server, await wired.server.connect())
    query = sa.select(sa.literal(1))
    await wired.run(query)
    await wired.run(query)
    await wired.wire.raw.execute("DEALLOCATE ALL")  # as if another connection of the server had come

    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionLost) as caught:
        await wired.run(query)

    assert getattr(caught.value, "not_run", False)
    assert wired.wire.lost
    assert "PgBouncer" in caplog.text
    with pytest.raises(ConnectionLost):
        await other.run(query)
    assert other.wire.lost
    fresh = Wired(wired.server, await wired.server.connect())
    assert [tuple(row.values()) for row in await fresh.run(query)] == [(1,)]
    await fresh.wire.close()


@pytest.fixture(scope="module")
def pooled(tables: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same database through a PgBouncer that lends a connection for one transaction."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    needs("PgBouncer", there=program is not None, otherwise="apt-get install pgbouncer")
    assert program is not None
    place = tmp_path_factory.mktemp("pgbouncer")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (place / "pgbouncer.ini").write_text(
        "[databases]\n* = host=127.0.0.1 port=5432 user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\n"
    )
    as_root = os.geteuid() == 0  # which PgBouncer refuses to be
    if as_root:
        for folder in (place, place.parent, place.parent.parent):
            folder.chmod(0o755)
    command = [program, "-q", *(["-u", "nobody"] if as_root else []), str(place / "pgbouncer.ini")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield tables.replace(":5432/", f":{port}/")
        finally:
            running.terminate()


async def test_a_pooler_is_noticed_before_a_statement_is_prepared(
    pooled: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        wired = await _wired(pooled)

    assert "PgBouncer" in caplog.text
    prepared = await wired.run("SELECT count(*) FROM pg_prepared_statements", want=Want.VALUE)
    await wired.wire.close()
    assert prepared == 0


async def test_no_pooler_is_noticed_where_there_is_none(tables: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        wired = await _wired(tables)

    assert caplog.text == ""
    await wired.wire.close()


@pytest.mark.parametrize("turns", [40, pytest.param(1000, marks=pytest.mark.slow)])
async def test_through_a_pooler_every_answer_is_right(pooled: str, turns: int) -> None:
    async with Database(pooled) as db:
        await db.execute("TRUNCATE users RESTART IDENTITY CASCADE")
        await db.execute_many(users.insert(), [{"email": str(n)} for n in range(1, 51)])
        by_id = users.select().where(users.c.id == sa.bindparam("id"))

        async def check(number: int) -> None:
            for turn in range(turns):
                id_ = 1 + (number * 7 + turn) % 50
                ways = (
                    db.fetch_val(sa.select(users.c.email).where(users.c.id == id_)),
                    db.fetch_val("SELECT email FROM users WHERE id = :id", {"id": id_}),
                    db.fetch_val(by_id, {"id": id_}, column="email"),
                    _in_a_transaction(db, id_),
                )
                assert await ways[turn % 4] == str(id_)
                for unused in ways:
                    unused.close()

        await asyncio.gather(*(check(number) for number in range(10)))


async def _in_a_transaction(db: Database, id_: int) -> Any:
    async with db.transaction():
        await db.execute(users.update().where(users.c.id == id_).values(age=1))
        found = [row.email async for row in db.iterate(users.select().where(users.c.id == id_))]
    return found[0]


async def test_a_statement_cancelled_through_a_pooler_leaves_a_good_connection(pooled: str) -> None:
    wired = await _wired(pooled)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wired.run("SELECT pg_sleep(30)")

    await wired.wire.recover()

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1
    await wired.wire.close()


# Settings


def arguments(text: str, **options: Any) -> dict[str, Any]:
    return connection_arguments(DatabaseURL(text), options)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("postgres://localhost/database?min_size=1&max_size=20", {}, {"min_size": 1, "max_size": 20}),
        ("postgres://localhost/database", {"min_size": 1, "max_size": 20}, {"min_size": 1, "max_size": 20}),
        ("postgres://localhost/database?ssl=true", {}, {"ssl": True}),
        ("postgres://localhost/database?ssl=verify-full", {}, {"ssl": "verify-full"}),
        ("postgres://localhost/database", {"ssl": True}, {"ssl": True}),
        ("postgresql+asyncpg://u:p%40@h:1/d", {}, {"user": "u", "password": "p@", "database": "d"}),
        ("postgresql://u:p@h1:1,h2:2/d", {}, {"dsn": "postgresql://h1:1,h2:2/"}),
        ("postgresql:///d?host=/run/pg", {}, {"dsn": "postgresql:///?host=%2Frun%2Fpg"}),
        ("postgresql://h/d?sslmode=require", {}, {"dsn": "postgresql://h/?sslmode=require"}),
        ("postgresql://h/d?timeout=3", {}, {"timeout": 3.0}),
        ("postgresql://h/d?prepared_statement_cache_size=0", {}, {"statement_cache_size": 0}),
        ("postgresql://h/d", {"sslmode": "require"}, {"ssl": "require"}),
    ],
)
def test_options_arrive_where_asyncpg_expects_them(text: str, options: Any, expected: dict[str, Any]) -> None:
    found = arguments(text, **options)

    assert {name: found.get(name) for name in expected} == expected


def test_the_password_may_be_a_function() -> None:
    def secret() -> str:
        return "x"

    assert arguments("postgres://:password@localhost/database", password=secret)["password"] is secret


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("postgresql://u:geheim@h/d?max_sice=3", "Did you mean 'max_size'"),
        ("postgresql://u:geheim@h/d?max_size=many", "must be a number"),
        ("postgresql://u:geheim@h/d?min_size=5&max_size=2", "more than max_size"),
        ("postgresql://u:geheim@h/d?sslmode=maybe", "verify-full"),
        ("postgresql://u:geheim@h/d?channel_binding=require", "channel_binding"),
        ("postgresql://u:geheim@h/d?reset=sometimes", "auto, always, never"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        arguments(text)
    assert "geheim" not in str(caught.value)


async def test_a_port_that_is_no_number_is_told_without_the_password() -> None:
    with pytest.raises(ConfigError) as caught:
        await PostgresServer(DatabaseURL("postgresql://u:geheim@h:port/d"), {}).connect()
    assert "geheim" not in shown(caught.value)


async def test_a_socket_in_a_directory_is_a_host(tables: str) -> None:
    folder = next((each for each in ("/run/postgresql", "/tmp") if Path(each, ".s.PGSQL.5432").exists()), "")
    needs("PostgreSQL's socket", there=bool(folder), otherwise="let it listen in /run/postgresql")
    name = tables.rpartition("/")[2]
    wired = await _wired(f"postgresql:///{name}?host={folder}")
    assert await wired.run("SELECT current_database()", want=Want.VALUE) == name
    await wired.wire.close()


def test_without_asyncpg_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(ConfigError, match=r"pip install 'evenflow\[postgres\]'"):
        PostgresServer(DatabaseURL("postgresql://h/d"), {})


def test_asyncpg_is_not_imported_before_it_is_needed() -> None:
    program = "import sys, evenflow, evenflow.database.drivers.postgres; sys.exit('asyncpg' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_a_closed_connection_is_in_no_transaction(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    wired.wire.abort()

    assert not wired.wire.in_transaction
    with pytest.raises(ConnectionLost):
        await wired.wire.begin(Begin())


async def test_several_hosts_are_tried_in_turn(tables: str) -> None:
    wired = await _wired(tables.replace("127.0.0.1:5432", "127.0.0.1:1,127.0.0.1:5432"))

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1
    await wired.wire.close()
