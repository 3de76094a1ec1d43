"""MySQL and MariaDB by asyncmy and aiomysql: values, answers, errors, and what a connection is like after a cancel."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import logging
import socket
import ssl
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql as my
from sqlalchemy.ext.asyncio import create_async_engine

from evenflow import Database
from evenflow.database.driver import Begin
from evenflow.database.drivers.mysql import MysqlServer, connection_arguments, killing
from evenflow.database.drivers.mysql.inserting import statements, taken_apart
from evenflow.database.drivers.mysql.messages import told
from evenflow.database.plan import Call, ManyCall, Want
from evenflow.database.statement import planner_for
from evenflow.database.url import DatabaseURL
from evenflow.errors import (
    CannotOpen,
    ConfigError,
    ConnectionLost,
    ConstraintViolated,
    QueryError,
    QueryTimeout,
    ReadOnly,
    TransactionConflict,
)
from tests.database_servers import mysql_database

asyncmy = pytest.importorskip("asyncmy")
aiomysql = pytest.importorskip("aiomysql")
LIBRARIES = ["asyncmy", "aiomysql"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mysql_database(f"evenflow_{uuid4().hex[:12]}") as made:
        yield made


metadata = sa.MetaData()
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(40), unique=True),
    sa.Column("age", sa.Integer),
    sa.Column("balance", sa.Numeric(10, 2)),
    sa.Column("blob", sa.LargeBinary),
    sa.CheckConstraint("age >= 0", name="age_is_positive"),
)
pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("b", sa.String(20), primary_key=True),
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


async def _empty(run: Any) -> None:
    for table in ("posts", "pairs", "users"):
        await run(f"DELETE FROM {table}")
    await run("ALTER TABLE users AUTO_INCREMENT = 1")


@pytest.fixture
async def db(tables: str) -> AsyncIterator[Database]:
    async with Database(tables) as database:
        await _empty(database.execute)
        yield database


class Wired:
    """A wire of its own, and the planner for it."""

    def __init__(self, server: MysqlServer, wire: Any) -> None:
        self.server = server
        self.wire = wire
        self.planner = planner_for(server.dialect)

    def call(self, statement: Any, values: Any = None, want: Want = Want.ALL, **rest: Any) -> Call:
        plan, sql, args = self.planner.bind(statement, values)
        return Call(plan, sql, args, want, **rest)

    async def run(self, statement: Any, values: Any = None, want: Want = Want.ALL, **rest: Any) -> Any:
        return await self.wire.run(self.call(statement, values, want, **rest))

    def many(self, statement: Any, values: list[dict[str, Any]]) -> ManyCall:
        return ManyCall(self.planner.bind_many(statement, values))

    async def run_many(self, statement: Any, values: list[dict[str, Any]]) -> Any:
        return await self.wire.run_many(self.many(statement, values))

    async def rows(self, count: int) -> None:
        await self.run_many(users.insert(), [{"id": n, "email": f"{n}@x", "age": n % 90} for n in range(1, count + 1)])


async def _wired(url: str, library: str = "asyncmy", **options: Any) -> Wired:
    server = MysqlServer(DatabaseURL(url).replace(driver=library), options)
    wire = await server.connect()
    server.teach(wire)
    return Wired(server, wire)


@pytest.fixture(params=LIBRARIES)
async def wired(tables: str, request: pytest.FixtureRequest) -> AsyncIterator[Wired]:
    made = await _wired(tables, request.param)
    await _empty(made.run)
    made.wire.altered = False
    yield made
    await made.wire.close()


@pytest.fixture
async def other(tables: str) -> AsyncIterator[Wired]:
    """A second connection, that looks at the first."""
    made = await _wired(tables)
    yield made
    await made.wire.close()


def shown(error: BaseException | None) -> str:
    """Everything a log could show of an error: its own words, and those of the errors behind it."""
    if error is None:
        return ""
    return f"{error} {error!r} {shown(error.__cause__)} {shown(error.__context__)}"


async def refused(work: Any) -> Any:
    with pytest.raises(QueryError) as caught:
        await work
    return caught.value


# Values


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Backwards(sa.TypeDecorator[str]):
    impl = sa.String(30)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[::-1]

    process_result_value = process_bind_param


NOW = datetime.datetime(2026, 11, 22, 13, 14, 15, 161718)
TYPES: list[tuple[str, Any, Any]] = [
    ("tiny", my.TINYINT(), -8),
    ("tiny_unsigned", my.TINYINT(unsigned=True), 200),
    ("small", sa.SmallInteger(), -7),
    ("medium", my.MEDIUMINT(), -70_000),
    ("integer", sa.Integer(), -7),
    ("integer_unsigned", my.INTEGER(unsigned=True), 4_000_000_000),
    ("big", sa.BigInteger(), -(2**60)),
    ("big_unsigned", my.BIGINT(unsigned=True), 2**64 - 1),
    ("zerofill", my.INTEGER(zerofill=True, unsigned=True), 42),
    ("numeric", sa.Numeric(12, 3), decimal.Decimal("12.340")),
    ("numeric_negative", sa.Numeric(12, 3), decimal.Decimal("-0.001")),
    ("numeric_as_float", sa.Numeric(12, 3, asdecimal=False), 12.25),
    ("numeric_large", sa.Numeric(40, 0), decimal.Decimal(10**35)),
    ("float", sa.Float(), 3.14),
    ("float_with_decimals", my.FLOAT(10, 3), 12.3456),
    ("float_odd", my.FLOAT(), 16777217.0),
    ("float_as_decimal", sa.Float(asdecimal=True), decimal.Decimal("0.5")),
    ("double", sa.Double(), 1e300),
    ("double_third", my.DOUBLE(asdecimal=False), 1 / 3),
    ("boolean", sa.Boolean(), True),
    ("string", sa.String(30), "Größe '; -- \\ % %s"),
    ("emoji", sa.Unicode(30), "🎈 \x00 \x1a \n"),
    ("text", sa.Text(), "x" * 10_000),
    ("longtext", my.LONGTEXT(), "ü" * 70_000),
    ("char", sa.CHAR(3), "abc"),
    ("date", sa.Date(), NOW.date()),
    ("datetime", sa.DateTime(), NOW.replace(microsecond=0)),
    ("datetime_micro", my.DATETIME(fsp=6), NOW),
    ("datetime_midnight", my.DATETIME(fsp=3), datetime.datetime(1000, 1, 1)),
    ("timestamp", my.TIMESTAMP(), NOW.replace(microsecond=0)),
    ("time", sa.Time(), NOW.time().replace(microsecond=0)),
    ("time_micro", my.TIME(fsp=6), NOW.time()),
    ("interval", sa.Interval(), datetime.timedelta(days=3, seconds=4)),
    ("year", my.YEAR(), 1999),
    ("bit", my.BIT(9), 5),
    ("binary", sa.LargeBinary(), b"\x00\xff'\\\"%s"),
    ("binary_fixed", sa.BINARY(4), b"ab\x00\x00"),
    ("binary_long", my.LONGBLOB(), bytes(range(256)) * 300),
    ("enum", sa.Enum(Color), Color.BLUE),
    ("enum_of_texts", sa.Enum("a", "b"), "b"),
    ("enum_as_text", sa.Enum(Color, native_enum=False), Color.RED),
    ("set", my.SET("a", "b", "c"), {"a", "c"}),
    ("json", sa.JSON(), {"a": [1, None, "ü"], "b": 1.5, "c": "%"}),
    ("json_null", sa.JSON(none_as_null=True), [1]),
    ("uuid", sa.Uuid(), uuid.UUID(int=5)),
    ("uuid_as_text", sa.Uuid(as_uuid=False), str(uuid.UUID(int=6))),
    ("pickled", sa.PickleType(), {"a": (1, 2)}),
    ("decorated", Backwards(), "abc"),
]
samples = sa.Table(
    "samples", metadata, sa.Column("id", sa.Integer, primary_key=True), *(sa.Column(name, t) for name, t, _ in TYPES)
)
FILLED: dict[str, Any] = {name: value for name, _, value in TYPES}
READ = sa.select(samples).order_by(samples.c.id)


@pytest.fixture(scope="module")
def written_by_sqlalchemy(tables: str) -> list[dict[str, Any]]:
    """What SQLAlchemy reads of what it has written."""

    async def work() -> list[dict[str, Any]]:
        engine = create_async_engine(DatabaseURL(tables).replace(driver="asyncmy").__str__())
        async with engine.begin() as connection:
            await connection.execute(samples.delete())
            await connection.execute(samples.insert().values(id=1, **FILLED))
            await connection.execute(samples.insert().values(id=2))
            found = [dict(row._mapping) for row in await connection.execute(READ)]
        await engine.dispose()
        return found

    return asyncio.run(work())


@pytest.fixture(scope="module", params=[*LIBRARIES, "asyncmy, unprepared"])
def written_by_us(
    tables: str, written_by_sqlalchemy: list[dict[str, Any]], request: pytest.FixtureRequest
) -> dict[str, list[dict[str, Any]]]:
    """What we read, each way that there is, of what we have written. Twice, for the second time is prepared."""
    library, _, unprepared = request.param.partition(",")

    async def work() -> dict[str, list[dict[str, Any]]]:
        made = await _wired(tables, library, **({"stmt_cache_size": 0} if unprepared else {}))
        found = {"SQLAlchemy's rows": [dict(row) for row in await made.run(READ)]}
        await made.run(samples.delete())
        await made.run(samples.insert().values(id=1, **FILLED))
        await made.run(samples.insert().values(id=2))
        found["first"] = [dict(row) for row in await made.run(READ)]
        found["again"] = [dict(row) for row in await made.run(READ)]
        cursor = await made.wire.open_cursor(made.call(READ))
        found["streamed"] = [dict(row) for row in await cursor.fetch(10)]
        await made.run(samples.delete())
        await made.run_many(samples.insert(), [{"id": n, **FILLED} for n in (1, 2, 3)])
        rows = [dict(row) for row in await made.run(READ)]
        found["many"] = [rows[0], {**rows[2], "id": 1}]
        await made.wire.close()
        return found

    return asyncio.run(work())


@pytest.mark.parametrize("way", ["SQLAlchemy's rows", "first", "again", "streamed"])
@pytest.mark.parametrize("name", [name for name, _, _ in TYPES])
def test_a_value_comes_back_as_from_sqlalchemys_own_engine(
    name: str, way: str, written_by_us: dict[str, Any], written_by_sqlalchemy: list[dict[str, Any]]
) -> None:
    theirs, ours = written_by_sqlalchemy[0][name], written_by_us[way][0][name]

    assert (type(ours), ours) == (type(theirs), theirs)


@pytest.mark.parametrize("name", [name for name, _, _ in TYPES])
def test_a_null_comes_back_as_from_sqlalchemys_own_engine(
    name: str, written_by_us: dict[str, Any], written_by_sqlalchemy: list[dict[str, Any]]
) -> None:
    assert written_by_us["again"][1][name] == written_by_sqlalchemy[1][name]


@pytest.mark.parametrize("name", [name for name, _, _ in TYPES])
def test_execute_many_writes_the_same_values(
    name: str, written_by_us: dict[str, Any], written_by_sqlalchemy: list[dict[str, Any]]
) -> None:
    assert [row[name] for row in written_by_us["many"]] == [written_by_sqlalchemy[0][name]] * 2


async def test_a_date_that_does_not_exist_is_none(wired: Wired) -> None:
    await wired.run("SET sql_mode = ''")
    await wired.run("CREATE TEMPORARY TABLE odd (d date, t datetime)")
    await wired.run("INSERT INTO odd VALUES ('0000-00-00', '2020-00-00 10:00:00')")

    assert [tuple(row) for row in map(dict.values, await wired.run("SELECT d, t FROM odd"))] == [(None, None)]


async def test_an_integer_of_more_than_64_bits_is_sent_as_text(wired: Wired) -> None:
    assert await wired.run("SELECT :n + 0", {"n": 10**25}, Want.VALUE) == decimal.Decimal(10**25)


async def test_a_large_integer_finds_its_row(wired: Wired) -> None:
    await wired.rows(1)

    assert await wired.run(sa.select(users.c.id).where(users.c.age < 10**25)) == [(1,)]


async def test_a_list_in_a_text_of_sql_is_a_list_of_values(wired: Wired) -> None:
    await wired.rows(3)

    assert await wired.run("SELECT id FROM users WHERE id IN :ids ORDER BY id", {"ids": (1, 3)}) == [(1,), (3,)]


@pytest.mark.parametrize("kind", [float, decimal.Decimal])
@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
async def test_a_number_that_is_not_finite_is_refused(wired: Wired, kind: Any, text: str) -> None:
    await refused(wired.run(sa.select(sa.literal(kind(text)))))
    await refused(wired.run("SELECT :x", {"x": kind(text)}))

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


async def test_a_percent_sign_stays_one(wired: Wired) -> None:
    await wired.run(users.insert().values(email="50%"))

    assert await wired.run("SELECT email, '%s', '100%' FROM users WHERE email LIKE '50%'") == [("50%", "%s", "100%")]


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("value", [b"\\' OR 1=1 -- ", b"", b"%s"])
async def test_bytes_in_a_text_of_sql_cannot_break_out(wired: Wired, value: bytes, mode: str) -> None:
    await wired.run(f"SET sql_mode = '{mode}'")

    assert await wired.run("SELECT :x AS x", {"x": value}, Want.VALUE) == value
    assert await wired.run("SELECT :x AS x; SELECT 1", {"x": value}, Want.VALUE) == value
    assert await wired.run_many("INSERT INTO users (`blob`) VALUES (:x)", [{"x": value}] * 2) == 2
    assert await wired.run("SELECT DISTINCT `blob` FROM users") == [(value,)]


async def test_bytes_cannot_break_out_of_a_statement_that_could_not_be_prepared(tables: str) -> None:
    made = await _wired(tables)
    await made.run("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
    cursor = made.wire.raw.cursor()
    await cursor.execute(cursor.mogrify("SELECT %s", (b"\\' OR 1=1 -- ",)))
    rows = await cursor.fetchall()
    await made.wire.close()

    assert rows == ((b"\\' OR 1=1 -- ",),)


# Answers


async def test_an_insert_answers_its_key(wired: Wired) -> None:
    assert await wired.run(users.insert().values(email="a@b"), want=Want.ANSWER) == 1
    assert await wired.run(users.insert().values(id=7), want=Want.ANSWER) == 7


async def test_an_insert_as_text_answers_its_key(wired: Wired) -> None:
    assert await wired.run("INSERT INTO users (email) VALUES (:e)", {"e": "a"}, Want.ANSWER) == 1


async def test_an_insert_with_a_key_of_two_columns_answers_both(wired: Wired) -> None:
    assert await wired.run(pairs.insert().values(a=1, b="x"), want=Want.ANSWER) == (1, "x")


async def test_an_insert_as_text_into_a_table_that_counts_nothing_answers_the_number_of_rows(wired: Wired) -> None:
    assert await wired.run("INSERT INTO pairs VALUES (1, 'x')", want=Want.ANSWER) == 1


async def test_an_insert_of_two_rows_answers_two(wired: Wired) -> None:
    assert await wired.run("INSERT INTO users (email) VALUES ('a'), ('b')", want=Want.ANSWER) == 2


async def test_a_replace_of_a_row_answers_its_key(wired: Wired) -> None:
    replace = "REPLACE INTO users (id, email) VALUES (:id, :email)"

    assert await wired.run(replace, {"id": 5, "email": "a"}, Want.ANSWER) == 5
    assert await wired.run(replace, {"id": 5, "email": "b"}, Want.ANSWER) == 5


async def test_an_update_answers_the_rows_it_found_even_where_nothing_changed(wired: Wired) -> None:
    await wired.rows(3)
    update = users.update().where(users.c.id < 3).values(balance=1)

    assert await wired.run(update, want=Want.ANSWER) == 2
    assert await wired.run(update, want=Want.ANSWER) == 2


async def test_a_delete_answers_how_many_rows(wired: Wired) -> None:
    await wired.rows(3)

    assert await wired.run(users.delete(), want=Want.ANSWER) == 3


async def test_an_upsert_answers_a_number_and_no_key(wired: Wired) -> None:
    upsert = my.insert(users).values(id=1, email="a")
    upsert = upsert.on_duplicate_key_update(email="b")

    assert [await wired.run(upsert, want=Want.ANSWER) for _ in range(2)] == [1, 2]


async def test_a_returning_answers_its_first_value(wired: Wired) -> None:
    statement = users.insert().values(email="a").returning(users.c.email)

    assert await wired.run(statement, want=Want.ANSWER) == "a"


async def test_ddl_answers_zero(wired: Wired) -> None:
    assert await wired.run("CREATE TABLE IF NOT EXISTS users (id int)", want=Want.ANSWER) == 0


async def test_no_row_is_none_and_no_rows_are_an_empty_list(wired: Wired) -> None:
    query = users.select()

    assert await wired.run(query) == []
    assert [await wired.run(query, want=want) for want in (Want.ONE, Want.VALUE, Want.ANSWER)] == [None] * 3


async def test_a_value_is_found_by_number_and_by_name(wired: Wired) -> None:
    await wired.rows(1)

    assert await wired.run(users.select(), want=Want.VALUE, column=1) == "1@x"
    assert await wired.run(users.select(), want=Want.VALUE, column="age") == 1


async def test_an_error_in_a_second_statement_of_a_text_is_told_at_once(wired: Wired) -> None:
    await refused(wired.run("SELECT 1; SELECT * FROM nowhere"))

    assert await wired.run("SELECT 2", want=Want.VALUE) == 2


async def test_a_text_of_several_statements_marks_the_session(wired: Wired) -> None:
    await wired.run("SELECT 1; SET SESSION sql_mode = ''")

    assert wired.wire.altered


async def test_the_first_result_of_several_counts(wired: Wired) -> None:
    assert await wired.run("SELECT 1; SELECT 2; SELECT 3", want=Want.VALUE) == 1
    assert await wired.run("SELECT 4", want=Want.VALUE) == 4


async def test_a_column_added_by_somebody_else_is_read_rightly(wired: Wired, other: Wired) -> None:
    await other.run("CREATE TABLE growing (a int)")
    await other.run("INSERT INTO growing VALUES (1)")
    before = await wired.run("SELECT * FROM growing")
    await other.run("ALTER TABLE growing ADD b float DEFAULT 3.14, MODIFY a varchar(5)")
    after = await wired.run("SELECT * FROM growing")
    await other.run("DROP TABLE growing")

    assert (before, after) == ([(1,)], [("1", 3.14)])


async def test_a_group_by_with_an_argument_is_the_same_expression(wired: Wired) -> None:
    await wired.run("SET sql_mode = 'ONLY_FULL_GROUP_BY'")
    await wired.rows(4)
    even = (users.c.id % 2).label("even")

    query = sa.select(even, sa.func.count()).group_by(users.c.id % 2)

    assert {tuple(dict.values(row)) for row in await wired.run(query)} == {(0, 2), (1, 2)}


async def test_the_tables_of_the_database_are_listed(wired: Wired) -> None:
    names = {row[0] for row in await wired.run(MysqlServer.tables)}

    assert {"users", "pairs", "posts"} <= names


# Many


async def _status(wired: Wired, name: str) -> int:
    rows = await wired.run(f"SHOW SESSION STATUS LIKE '{name}'")
    return int(rows[0][1])


async def test_many_inserts_are_few_statements(wired: Wired) -> None:
    before = await _status(wired, "Com_insert")
    await wired.rows(1000)

    assert await _status(wired, "Com_insert") - before == 1


async def test_many_inserts_answer_how_many(wired: Wired) -> None:
    rows = [{"email": f"{n}", "blob": b"\xff" * 300} for n in range(3000)]

    assert await wired.run_many(users.insert(), rows) == 3000
    assert await wired.run(sa.select(sa.func.count(), sa.func.max(users.c.email)), want=Want.VALUE) == 3000


async def test_many_texts_without_a_space_after_values_are_few_statements_too(wired: Wired) -> None:
    rows = [{"a": n, "b": "x"} for n in range(100)]

    assert await wired.run_many("INSERT INTO pairs(a, b) VALUES(:a, :b)", rows) == 100


async def test_many_updates_answer_how_many_rows_they_found(wired: Wired) -> None:
    await wired.rows(3)
    update = users.update().where(users.c.id == sa.bindparam("which"))

    assert await wired.run_many(update, [{"which": n, "age": 5} for n in (1, 2, 9)]) == 2


async def test_many_inserts_with_returning_answer_their_rows_in_order(wired: Wired) -> None:
    rows = [{"email": "a"}, {"email": "b"}]

    assert await wired.run_many(users.insert().returning(users.c.email), rows) == [("a",), ("b",)]


async def test_many_upserts_change_the_rows_that_are_there(wired: Wired) -> None:
    await wired.rows(2)
    upsert = my.insert(users)
    upsert = upsert.on_duplicate_key_update(age=upsert.inserted.age)
    await wired.run_many(upsert, [{"id": n, "age": 50} for n in (1, 2, 3)])

    assert await wired.run(sa.select(users.c.age)) == [(50,)] * 3


async def test_what_is_one_statement_is_atomic_by_itself(wired: Wired) -> None:
    assert wired.wire.is_atomic(wired.many(users.insert(), [{"email": "a"}, {"email": "b"}]))
    assert not wired.wire.is_atomic(wired.many(users.delete().where(users.c.id == sa.bindparam("i")), [{"i": 1}] * 2))
    assert not wired.wire.is_atomic(wired.many(users.insert(), [{"email": "a"}] * 2000))
    assert not wired.wire.is_atomic(wired.many(users.insert(), [{"blob": b"x" * 100_000}] * 3))


async def test_what_claims_to_be_one_statement_leaves_nothing_behind_where_it_fails(wired: Wired) -> None:
    rows = [{"email": f"{n}"} for n in range(300)] + [{"email": "0"}]

    assert wired.wire.is_atomic(wired.many(users.insert(), rows))
    await refused(wired.run_many(users.insert(), rows))
    assert await wired.run(users.select()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t (a) SELECT %s",
        "INSERT INTO t (a) VALUES (%s), (%s)",
        "INSERT INTO t (a) VALUES (%s) ON DUPLICATE KEY UPDATE a = %s",
        "INSERT INTO t (a) VALUES (%s) RETURNING a",
        "INSERT INTO t (a) VALUES ('%s')",
        "UPDATE t SET a = %s",
    ],
)
def test_what_cannot_take_more_rows_is_left_as_it_is(sql: str) -> None:
    assert taken_apart(sql) is None


def test_functions_in_a_row_are_repeated_with_it() -> None:
    insert = taken_apart("insert into `values` (a, b) values (lower(%s), now())")
    assert insert is not None

    assert list(statements(insert, [(1,), (2,)], str)) == [
        "insert into `values` (a, b) values (lower(1), now()),(lower(2), now())"
    ]


# Errors


async def test_a_broken_constraint_is_named_and_no_value_is_shown(wired: Wired) -> None:
    await wired.run(users.insert().values(email="s3cret"))
    error = await refused(wired.run(users.insert().values(email="s3cret")))

    assert isinstance(error, ConstraintViolated)
    assert error.constraint == "email"
    assert "s3cret" not in shown(error)
    assert error.__cause__.args[0] == 1062


async def test_an_error_is_of_the_librarys_class_too(wired: Wired) -> None:
    error = await refused(wired.run(posts.insert().values(user_id=999)))

    assert isinstance(error, (asyncmy.errors.IntegrityError, aiomysql.IntegrityError))


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (posts.insert().values(user_id=999), "posts_user"),
        (posts.insert().values(user_id=sa.null()), "user_id"),
        (users.insert().values(age=-1), "age_is_positive"),
        (pairs.insert().values(a=1, b="x"), "PRIMARY"),
    ],
)
async def test_constraints_of_every_kind_are_told(wired: Wired, statement: Any, constraint: str) -> None:
    await wired.run("INSERT INTO pairs VALUES (1, 'x')")
    error = await refused(wired.run(statement))

    assert isinstance(error, ConstraintViolated)
    assert error.constraint == constraint


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("INSERT INTO users (age) VALUES (:x)", {"x": "s3cret"}),
        ("INSERT INTO users (balance) VALUES (:x)", {"x": "s3cret"}),
        ("INSERT INTO users (email) VALUES (:x)", {"x": "s3cret" * 100}),
        ("UPDATE users SET age = 1 WHERE age = :x", {"x": "s3cret"}),
        ("SELEKT :x", {"x": "s3cret"}),
        ("SELECT 1 FROM users WHERE email = :x AND", {"x": "s3cret's"}),
        ("SELECT CAST(:x AS DATE) FROM users WHERE", {"x": "s3cret"}),
        ("SELECT JSON_EXTRACT(:x", {"x": "s3cret"}),
        ("INSERT INTO users (email) VALUES (:x)", {"x": "s3cret \ud800"}),
        ("INSERT INTO users (age) VALUES (:x)", {"x": 10**18}),
    ],
)
async def test_no_value_is_in_an_error_or_a_log(
    wired: Wired, sql: str, values: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    await wired.run("SET sql_mode = 'STRICT_ALL_TABLES'")
    await wired.rows(1)
    error = await refused(wired.run(sql, values))

    assert "s3cret" not in shown(error) + caplog.text
    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


async def test_a_warning_of_the_server_does_not_log_values(wired: Wired, caplog: pytest.LogCaptureFixture) -> None:
    await wired.rows(1)
    with caplog.at_level(logging.DEBUG):
        await wired.run("SELECT id FROM users WHERE age = :x", {"x": "s3cret"})

    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1366, "Incorrect integer value: 's3'cret' for column `d`.`t`.`age` at row 1"),
        (1062, "Duplicate entry 's3'cret' for key 't.email'"),
        (1292, "Truncated incorrect DOUBLE value: 's3'cret'"),
        (1064, "You have an error near 's3'cret"),
    ],
)
def test_a_message_is_shown_without_its_values(code: int, text: str) -> None:
    assert "s3" not in told(code, text)
    assert "cret" not in told(code, text)


async def test_data_that_does_not_fit_is_told_with_its_column(wired: Wired) -> None:
    await wired.run("SET sql_mode = 'STRICT_ALL_TABLES'")
    error = await refused(wired.run("INSERT INTO users (age) VALUES ('x')"))

    assert "'age'" in str(error)


async def test_a_missing_table_is_told_how_to_create_it(wired: Wired) -> None:
    assert "db.create_all(metadata)" in str(await refused(wired.run("SELECT * FROM nowhere")))


async def test_a_write_in_a_read_only_transaction_is_refused(wired: Wired) -> None:
    await wired.wire.begin(Begin(readonly=True))

    assert isinstance(await refused(wired.run(users.insert().values(email="a"))), ReadOnly)


async def test_a_statement_killed_by_the_server_is_a_timeout(wired: Wired) -> None:
    await wired.rows(100)
    await wired.run("SET max_statement_time = 0.05")
    with pytest.raises(QueryTimeout):
        await wired.run("SELECT COUNT(*) FROM users a, users b, users c, users d, users e")

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


@pytest.mark.slow
async def test_a_lock_that_is_not_given_up_is_a_conflict(wired: Wired, other: Wired) -> None:
    await wired.rows(1)
    await wired.run("SET innodb_lock_wait_timeout = 1")
    await other.wire.begin(Begin())
    await other.run(users.update().values(age=1))
    error = await refused(wired.run(users.update().values(age=2)))
    await other.wire.command("ROLLBACK")

    assert isinstance(error, TransactionConflict)
    assert error.transient


async def test_after_a_deadlock_the_wire_knows_that_its_transaction_is_gone(wired: Wired, other: Wired) -> None:
    await wired.rows(2)
    await wired.wire.begin(Begin())
    await other.wire.begin(Begin())

    def touch(by: Wired, number: int) -> Any:
        return by.run(users.update().where(users.c.id == number).values(age=1))

    await touch(wired, 1)
    await touch(other, 2)
    outcomes = await asyncio.gather(touch(wired, 2), touch(other, 1), return_exceptions=True)
    states = [wired.wire.in_transaction, other.wire.in_transaction]
    await other.wire.command("ROLLBACK")

    assert [isinstance(outcome, TransactionConflict) for outcome in outcomes].count(True) == 1
    assert states == [not isinstance(outcome, TransactionConflict) for outcome in outcomes]


async def test_a_killed_connection_is_lost_without_a_round_trip(wired: Wired, other: Wired) -> None:
    await other.run(f"KILL {wired.wire.facts['connection_id()']}")
    for _ in range(100):
        if wired.wire.lost:
            break
        await asyncio.sleep(0.01)

    assert wired.wire.lost
    with pytest.raises(ConnectionLost, match="connection to MySQL was lost"):
        await wired.run("SELECT 1")


async def test_a_connection_killed_under_a_statement_is_told(wired: Wired, other: Wired) -> None:
    running = asyncio.ensure_future(wired.run("SELECT SLEEP(20)"))
    await asyncio.sleep(0.1)
    await other.run(f"KILL {wired.wire.facts['connection_id()']}")
    with pytest.raises(ConnectionLost):
        await running

    assert wired.wire.lost


# Opening


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("changes", "transient", "sentence"),
    [
        ({"port": 1}, True, "Is it running"),
        ({"database": "no_such_database"}, False, "no such database"),
        ({"username": "nobody_at_all", "password": "s3cret"}, False, "refuses user 'nobody_at_all'"),
        ({"hostname": "no-such-host.invalid"}, True, "Cannot connect"),
    ],
)
async def test_what_cannot_be_opened_is_told_why(
    tables: str, library: str, changes: dict[str, Any], transient: bool, sentence: str
) -> None:
    server = MysqlServer(DatabaseURL(tables).replace(driver=library, **changes), {})
    with pytest.raises(CannotOpen) as caught:
        await server.connect()

    assert caught.value.transient is transient
    assert sentence in str(caught.value)
    assert "s3cret" not in shown(caught.value)


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_server_that_does_not_answer_is_given_up(library: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mysql+{library}://root@127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(CannotOpen, match="within connect_timeout"):
            await MysqlServer(DatabaseURL(url), {"connect_timeout": 0.1}).connect()


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_server_without_tls_is_not_spoken_to_in_clear(tables: str, library: str, other: Wired) -> None:
    if await other.run("SELECT @@have_ssl", want=Want.VALUE) == "YES":
        pytest.skip("this server speaks TLS")
    server = MysqlServer(DatabaseURL(tables).replace(driver=library), {"ssl": True})
    with pytest.raises(CannotOpen):
        await server.connect()


LEARNED = [
    "server_version_info",
    "is_mariadb",
    "insert_returning",
    "delete_returning",
    "supports_sequences",
    "default_schema_name",
    "max_identifier_length",
    "supports_native_uuid",
    "_backslash_escapes",
    "_server_ansiquotes",
    "_support_float_cast",
]


async def test_the_dialect_learns_what_the_server_can_do(tables: str) -> None:
    server = MysqlServer(DatabaseURL(tables), {})
    wire = await server.connect()
    changed = [server.teach(wire), server.teach(wire)]
    await wire.close()
    engine = create_async_engine(DatabaseURL(tables).replace(driver="asyncmy").__str__())
    async with engine.connect():
        theirs = engine.dialect
    await engine.dispose()

    assert changed == [True, False]
    for name in LEARNED:
        assert getattr(server.dialect, name) == getattr(theirs, name)


async def test_ansi_quotes_and_no_backslash_escapes_are_learned(tables: str) -> None:
    server = MysqlServer(DatabaseURL(tables), {})
    wire: Any = await server.connect()
    wire.facts = {**wire.facts, "@@sql_mode": "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"}
    server.teach(wire)
    await wire.close()

    assert server.dialect.identifier_preparer.quote_identifier("a") == '"a"'
    assert not server.dialect._backslash_escapes  # type: ignore[attr-defined]  # its compiler reads it


# Transactions


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (Begin(), "REPEATABLE-READ"),
        (Begin(isolation="serializable"), "SERIALIZABLE"),
        (Begin(isolation="read committed"), "READ-COMMITTED"),
        (Begin(isolation="read uncommitted", readonly=True), "READ-UNCOMMITTED"),
    ],
)
async def test_a_transaction_begins_as_asked(wired: Wired, other: Wired, begin: Begin, said: str) -> None:
    await wired.rows(1)
    await wired.wire.begin(begin)
    await wired.run(users.select())
    await asyncio.sleep(0.15)  # InnoDB's list of transactions is a tenth of a second old
    level = await other.run(
        "SELECT trx_isolation_level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = :n",
        {"n": wired.wire.facts["connection_id()"]},
        Want.VALUE,
    )
    inside = wired.wire.in_transaction
    await wired.wire.command("ROLLBACK")

    assert (level.replace(" ", "-"), inside, wired.wire.in_transaction) == (said, True, False)


async def test_an_isolation_nobody_knows_is_not_sent(wired: Wired) -> None:
    with pytest.raises(ValueError, match="isolation"):
        await wired.wire.begin(Begin(isolation="serializable; DROP TABLE users"))  # type: ignore[arg-type] # on purpose


# Cursors


async def test_a_cursor_reads_pieces(wired: Wired) -> None:
    await wired.rows(25)
    cursor = await wired.wire.open_cursor(wired.call(sa.select(users.c.id).order_by(users.c.id)))
    pieces = [await cursor.fetch(10) for _ in range(4)]

    assert [len(piece) for piece in pieces] == [10, 10, 5, 0]
    assert not wired.wire.altered
    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


async def test_a_cursor_closed_early_reads_a_small_rest(wired: Wired) -> None:
    await wired.rows(25)
    cursor = await wired.wire.open_cursor(wired.call(users.select()))
    await cursor.fetch(10)
    await cursor.close()

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


async def test_a_cursor_closed_early_does_not_read_a_giant_rest(wired: Wired, other: Wired) -> None:
    await wired.rows(200)
    cursor = await wired.wire.open_cursor(wired.call("SELECT a.email FROM users a, users b, users c, users d"))
    await cursor.fetch(10)
    await cursor.close()

    assert wired.wire.lost
    await _gone(other, wired)


async def test_a_cursor_nobody_closed_is_dealt_with_by_the_reset(wired: Wired) -> None:
    await wired.rows(25)
    cursor = await wired.wire.open_cursor(wired.call(users.select()))
    await cursor.fetch(10)
    assert wired.wire.altered
    await wired.wire.reset()

    assert not wired.wire.lost
    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


@pytest.mark.parametrize("reset", ["auto", "never"])
async def test_breaking_out_of_iterate_hurts_nobody_whatever_the_reset(tables: str, reset: str) -> None:
    async with Database(tables, reset=reset, max_size=2) as db:
        await db.execute_many(users.insert(), [{"email": f"{n} {reset}"} for n in range(3000)])
        for _ in range(5):
            async for _row in db.iterate(users.select()):
                break
            assert await db.fetch_val("SELECT 7") == 7


async def test_breaking_out_of_iterate_hurts_nobody(db: Database) -> None:
    await db.execute_many(users.insert(), [{"email": f"{n}"} for n in range(2000)])
    for _ in range(20):
        async for _row in db.iterate(users.select()):
            break
        assert await db.fetch_val("SELECT 7") == 7


async def test_an_error_within_a_cursor_is_ours(wired: Wired) -> None:
    await wired.rows(200)
    with pytest.raises(QueryError):
        cursor = await wired.wire.open_cursor(
            wired.call("SELECT (SELECT id FROM users WHERE id >= a.id) FROM users a ORDER BY a.id DESC")
        )
        await cursor.fetch(1000)


# Cancelled calls


async def _gone(other: Wired, wired: Wired) -> None:
    """Waits until the server has forgotten a connection."""
    number = wired.wire.facts["connection_id()"]
    for _ in range(200):
        if not await other.run("SELECT 1 FROM information_schema.processlist WHERE id = :n", {"n": number}):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the connection is still there")


async def test_a_cancelled_statement_is_killed_on_the_server(wired: Wired, other: Wired) -> None:
    running = asyncio.ensure_future(wired.run("SELECT SLEEP(20)"))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ConnectionLost):
        await wired.wire.recover()

    await _gone(other, wired)


async def test_a_cancelled_wire_that_is_thrown_away_is_killed_too(wired: Wired, other: Wired) -> None:
    running = asyncio.ensure_future(wired.run("SELECT SLEEP(20)"))
    await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.wait([running])
    wired.wire.abort()

    await _gone(other, wired)


async def test_a_wire_on_which_nothing_ran_recovers(wired: Wired) -> None:
    await wired.wire.recover()

    assert await wired.run("SELECT 1", want=Want.VALUE) == 1


async def test_nothing_is_killed_on_another_server(wired: Wired, other: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killing, "_SECONDS", 0.2)
    wired.server._shared.killer.kill(other.wire.facts["connection_id()"], "elsewhere 3306 1")
    await wired.server._shared.killer.done()

    assert await other.run("SELECT 1", want=Want.VALUE) == 1


async def test_many_cancelled_statements_need_one_side_connection_at_a_time(tables: str, other: Wired) -> None:
    async with Database(tables, max_size=20) as db:
        running = [asyncio.ensure_future(db.fetch_val("SELECT SLEEP(20)")) for _ in range(20)]
        await asyncio.sleep(0.3)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        left = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'"
        for _ in range(750):  # 15 s, for a machine that is busy with other tests
            if await other.run(left) == [(0,)]:
                break
            await asyncio.sleep(0.02)

        assert await other.run(left) == [(0,)]
        assert await db.fetch_val("SELECT 3") == 3


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_thousand_cancels_hurt_nobody(tables: str, library: str) -> None:
    wrong: list[Any] = []
    async with Database(str(DatabaseURL(tables).replace(driver=library)), max_size=5) as db:
        await _empty(db.execute)

        async def ask(number: int) -> None:
            try:
                async with asyncio.timeout(0.0002 * (number % 40) if number % 2 else None):
                    if number % 3:
                        answer = await db.fetch_val("SELECT :n + 0", {"n": number})
                    else:
                        async with db.transaction():
                            await db.execute(users.insert().values(email=f"{number} a"))
                            await db.execute(users.insert().values(email=f"{number} b"))
                        answer = number
                if answer != number:
                    wrong.append((number, answer))
            except TransactionConflict:
                pass  # neighbours in a unique index may deadlock; nothing of this one was kept
            except TimeoutError:
                if not number % 2:
                    wrong.append(number)

        for start in range(0, 2000, 100):
            await asyncio.gather(*(ask(start + offset) for offset in range(100)))
        halves = await db.fetch_all(
            "SELECT SUBSTRING_INDEX(email, ' ', 1) AS n FROM users GROUP BY n HAVING COUNT(*) <> 2"
        )

    assert wrong == []
    assert halves == []


# Resets


async def test_a_changed_session_ends_with_its_connection(wired: Wired) -> None:
    await wired.run("SET @mine = 1")
    assert wired.wire.altered
    await wired.wire.reset()

    assert wired.wire.lost


@pytest.mark.parametrize(
    "statement",
    [
        users.select(),
        users.insert().values(email="x"),
        "SELECT COUNT(*) FROM users WHERE email = 'a'",
        "CREATE TABLE IF NOT EXISTS users (id int)",
    ],
)
async def test_what_leaves_the_session_as_it_was_does_not_mark_it(wired: Wired, statement: Any) -> None:
    await wired.run(statement)

    assert not wired.wire.altered


@pytest.mark.parametrize(
    "sql", ["SET @x = 1", "SELECT GET_LOCK('a', 0)", "CREATE TEMPORARY TABLE tmp_users (id int)", "SELECT @x := 1"]
)
async def test_what_changes_the_session_marks_it(wired: Wired, sql: str) -> None:
    await wired.run(sql)

    assert wired.wire.altered


async def test_a_reset_rolls_back(wired: Wired) -> None:
    await wired.wire.begin(Begin())
    await wired.run(users.insert().values(email="a"))
    await wired.wire.reset()

    assert not wired.wire.in_transaction
    assert await wired.run(users.select()) == []


async def test_a_prepared_statement_is_used_again(tables: str) -> None:
    made = await _wired(tables)
    names = ("Com_stmt_prepare", "Com_stmt_execute")
    before = [await _status(made, name) for name in names]
    for number in range(10):
        await made.run(users.select().where(users.c.id == number))
    after = [await _status(made, name) for name in names]
    await made.wire.close()

    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 10]


# Settings


def arguments(text: str, **options: Any) -> dict[str, Any]:
    return connection_arguments(DatabaseURL(text), options)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("mysql://localhost/d?min_size=1&max_size=20", {}, {"minsize": 1, "maxsize": 20}),
        ("mysql://localhost/d", {"min_size": 1, "max_size": 20}, {"minsize": 1, "maxsize": 20}),
        ("mysql://u:p@/d?unix_socket=/tmp/s.sock", {}, {"unix_socket": "/tmp/s.sock", "user": "u", "password": "p"}),
        ("mysql://u:p@/d?unix_sock=/tmp/s.sock", {}, {"unix_socket": "/tmp/s.sock"}),
        ("mysql://localhost/d?ssl=true", {}, {"ssl": True}),
        ("mysql://localhost/d", {"ssl": True}, {"ssl": True}),
        ("mysql://localhost/d?pool_recycle=20", {}, {"pool_recycle": 20}),
        ("mysql://localhost/d?pool_recycle=-1", {}, {"pool_recycle": float("inf")}),
        ("mysql://db.example:3307/d", {}, {"host": "db.example", "port": 3307, "db": "d"}),
        ("mysql://%C3%A4:p%40@h/d", {}, {"user": "ä", "password": "p@"}),
    ],
)
def test_options_arrive_where_the_libraries_expect_them(text: str, options: Any, expected: dict[str, Any]) -> None:
    assert arguments(text, **options).items() >= expected.items()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mysql://h/d?max_sise=3", "Did you mean 'max_size'"),
        ("mysql://h/d?max_size=0", "at least 1"),
        ("mysql://h/d?reset=often", "it can be auto, never"),
        ("mysql://h/d?ssl=perhaps", "true, false, verify"),
        ("mysql://h/d?ssl_ca=/no/such/file", "ssl_ca, ssl_cert or ssl_key cannot be used"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        MysqlServer(DatabaseURL(text), {})


def test_ssl_checks_the_server_where_it_has_authorities_to_check_it_by() -> None:
    def context(wish: Any) -> Any:
        return MysqlServer(DatabaseURL("mysql://h/d"), {"ssl": wish})._target.ssl

    mine = ssl.create_default_context()
    assert context(mine) is mine
    assert context("verify").verify_mode is ssl.CERT_REQUIRED
    assert context("true").verify_mode is ssl.CERT_NONE
    assert context("false") is False


async def test_the_password_may_be_a_function(tables: str) -> None:
    asked: list[int] = []

    async def password() -> str:
        asked.append(1)
        return ""

    made = await _wired(tables, password=password)
    await made.wire.close()

    assert asked == [1]


async def test_aiomysql_is_warned_about(tables: str, caplog: pytest.LogCaptureFixture) -> None:
    made = await _wired(tables, "aiomysql")
    await made.wire.close()

    assert "asyncmy is several times quicker" in caplog.text


@pytest.mark.parametrize(("library", "advice"), [("asyncmy", "evenflow"), ("aiomysql", "pip install aiomysql")])
def test_without_the_library_the_error_says_what_to_install(
    library: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"evenflow.database.drivers.mysql.by_{library}", raising=False)

    with pytest.raises(ConfigError, match=advice):
        MysqlServer(DatabaseURL(f"mysql+{library}://h/d"), {})


def test_no_library_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, evenflow; evenflow.Database('sqlite://'); sys.exit(bool({'asyncmy', 'aiomysql'} & {*sys.modules}))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
