"""`copy_records()`: many rows at once, whatever the driver."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from evenflow import Database
from evenflow.database.bulk import PIECE
from evenflow.errors import ConstraintViolated, NotConnected, QueryError, QueryTimeout
from tests.contracts.tables import notes, values
from tests.contracts.test_statements import shown

MANY = 2 * PIECE + 100
"""More than two pieces."""


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Reversed(sa.TypeDecorator[str]):
    impl = sa.String(50)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[::-1]

    process_result_value = process_bind_param


class Shouted(sa.types.UserDefinedType[str]):
    """A type whose values go through a function of the database."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "VARCHAR(50)"

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.upper(sa.type_coerce(bindvalue, sa.String(50)))


metadata = sa.MetaData()
things = sa.Table(
    "things",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("color", sa.Enum(Color, name="color")),
    sa.Column("doc", sa.JSON),
    sa.Column("backwards", Reversed),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("at", sa.DateTime),
    sa.Column("day", sa.Date),
    sa.Column("token", sa.Uuid),
    sa.Column("data", sa.LargeBinary(100)),
    sa.Column("size", sa.Double),
    sa.Column("tag_column", sa.String(20), key="tag"),
)
defaulted = sa.Table(
    "defaulted",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
    sa.Column("fixed", sa.Integer, default=7),
    sa.Column("called", sa.String(50), default=lambda: "made"),
    sa.Column("told", sa.String(50), default=lambda context: context.get_current_parameters()["name"] + "!"),
    sa.Column("by_server", sa.String(50), server_default="server"),
)
expressed = sa.Table(
    "expressed",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", Shouted),
    sa.Column("low", sa.String(50), default=sa.func.lower("LOW")),
)

THING = {
    "color": Color.BLUE,
    "doc": {"a": [1, None]},
    "backwards": "abc",
    "price": decimal.Decimal("12.30"),
    "at": datetime.datetime(2026, 11, 22, 1, 2, 3),
    "day": datetime.date(2026, 11, 22),
    "token": uuid.UUID(int=5),
    "data": b"\x00\xff",
    "size": 0.5,
    "tag": "x",
}


@pytest.fixture
async def made(db: Database) -> Database:
    await db.create_all(metadata)
    return db


async def count(db: Database, table: sa.Table = notes) -> int:
    found: int = await db.fetch_val(sa.select(sa.func.count()).select_from(table))
    return found


def texts(number: int) -> Iterator[dict[str, Any]]:
    return ({"text": f"note {n}"} for n in range(number))


async def test_an_iterable_of_mappings_becomes_rows(db: Database) -> None:
    assert await db.copy_records(notes, texts(MANY)) == MANY

    assert await count(db) == MANY
    assert await db.fetch_val(sa.select(notes.c.done).where(notes.c.text == f"note {MANY - 1}")) is False


async def test_an_async_iterable_becomes_rows(db: Database) -> None:
    async def made() -> AsyncIterator[tuple[str, bool]]:
        for n in range(MANY):
            yield f"note {n}", True

    assert await db.copy_records(notes, made(), columns=["text", "done"]) == MANY
    assert await count(db) == MANY


async def test_sequences_give_all_columns_in_their_order(db: Database) -> None:
    assert await db.copy_records(notes, [(5, "five", True), [6, "six", False]]) == 2

    rows = await db.fetch_all(notes.select().order_by(notes.c.id))
    assert rows == [(5, "five", True), (6, "six", False)]


async def test_sequences_give_the_columns_asked_for_in_any_order(db: Database) -> None:
    await db.copy_records(notes, [(True, "five")], columns=[notes.c.done, "text"])

    assert await db.fetch_all(sa.select(notes.c.text, notes.c.done)) == [("five", True)]


async def test_rows_of_one_table_go_into_another(db: Database) -> None:
    await db.copy_records(notes, texts(3))

    rows = db.iterate(sa.select(sa.label("key of value", notes.c.text), sa.label("number", notes.c.id)))

    assert await db.copy_records(values, rows) == 3
    assert await count(db, values) == 3


async def test_columns_with_any_name_are_found(db: Database) -> None:
    await db.copy_records(values, [{"key of value": "k", 'quo"ted': 0.5, "größe": "ü", "select": b"s"}])

    assert await db.fetch_all(values.select()) == [("k", b"s", 0.5, "ü", None)]


async def test_the_empty_iterable_does_nothing(db: Database) -> None:
    assert await db.copy_records(notes, []) == 0
    assert await db.copy_records(notes, iter(()), columns=["text"]) == 0
    assert await count(db) == 0


@pytest.mark.parametrize("shape", ["mappings", "sequences", "keyed by column"])
async def test_values_are_converted_as_by_an_insert(made: Database, shape: str) -> None:
    records: list[Any] = {
        "mappings": [THING],
        "sequences": [tuple(THING.values())],
        "keyed by column": [{things.c[name]: value for name, value in THING.items()}],
    }[shape]
    await made.execute(things.insert(), THING)

    await made.copy_records(things, records, columns=list(THING) if shape == "sequences" else None)

    inserted, copied = await made.fetch_all(things.select().order_by(things.c.id))
    assert copied.values() != []
    assert list(copied.values())[1:] == list(inserted.values())[1:]
    assert await made.fetch_val("SELECT backwards FROM things WHERE id = 2") == "cba"


async def test_none_of_every_type_is_null(made: Database) -> None:
    await made.copy_records(things, [dict.fromkeys(THING)])

    assert await made.fetch_val("SELECT count(*) FROM things WHERE price IS NULL AND at IS NULL AND color IS NULL") == 1


async def test_a_missing_column_gets_its_default(made: Database) -> None:
    await made.copy_records(defaulted, [{"name": "a"}, {"name": "b"}])
    await made.copy_records(defaulted, [("c", 8)], columns=["name", "fixed"])

    rows = await made.fetch_all(defaulted.select().order_by(defaulted.c.id))
    assert [tuple(row.values())[1:] for row in rows] == [
        ("a", 7, "made", "a!", "server"),
        ("b", 7, "made", "b!", "server"),
        ("c", 8, "made", "c!", "server"),
    ]


async def test_what_only_sql_can_make_of_a_value_is_made(made: Database) -> None:
    await made.copy_records(expressed, [{"name": "ada"}])
    await made.copy_records(expressed, [("bob", "given")], columns=["name", "low"])

    assert await made.fetch_all("SELECT name, low FROM expressed ORDER BY id") == [("ADA", "low"), ("BOB", "given")]


class Base(DeclarativeBase):
    pass


class Villain(Base):
    __tablename__ = "villains"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50))


async def test_a_declarative_class_is_a_table(db: Database) -> None:
    await db.create_all(Base.metadata)

    assert await db.copy_records(Villain, [{"name": "Cat"}]) == 1
    assert await db.fetch_val(sa.select(Villain.name)) == "Cat"


# All or nothing


@pytest.mark.parametrize("number", [3, MANY])
async def test_a_violated_constraint_leaves_nothing(db: Database, number: int) -> None:
    def records() -> Iterator[dict[str, Any]]:
        yield from texts(number)
        yield {"text": "note 0"}

    with pytest.raises(ConstraintViolated) as caught:
        await db.copy_records(notes, records())

    assert "note 0" not in shown(caught.value)
    assert await count(db) == 0


async def test_an_iterable_that_fails_leaves_nothing(db: Database) -> None:
    def records() -> Iterator[dict[str, Any]]:
        yield from texts(MANY)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.copy_records(notes, records())

    assert await count(db) == 0


async def test_a_transaction_rolled_back_keeps_nothing_of_it(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await db.copy_records(notes, texts(MANY))
            assert await count(db) == MANY
            raise ZeroDivisionError

    assert await count(db) == 0


@pytest.mark.parametrize("number", [3, MANY])
async def test_a_failed_load_leaves_the_transaction_around_it_as_it_was(db: Database, number: int) -> None:
    async with db.transaction():
        await db.execute(notes.insert(), {"text": "before"})
        with pytest.raises(ConstraintViolated):
            await db.copy_records(notes, [*texts(number), {"text": "before"}])
        await db.execute(notes.insert(), {"text": "after"})

    assert await db.fetch_all(sa.select(notes.c.text).order_by(notes.c.id)) == [("before",), ("after",)]


async def test_a_connection_of_ones_own_loads_too(db: Database) -> None:
    async with db.connection() as connection:
        assert await connection.copy_records(notes, texts(3)) == 3
        async with connection.transaction():
            assert await connection.copy_records(notes, [{"text": "four"}]) == 1

    assert await count(db) == 4


@pytest.mark.timeout(50)
async def test_cancelled_in_the_middle_it_leaves_nothing_and_harms_nobody(db: Database) -> None:
    for after in (1, 2, 5, 10, 20, 40, 80):
        reached = asyncio.Event()

        async def records(reached: asyncio.Event = reached) -> AsyncIterator[dict[str, Any]]:
            for n in range(1_000_000):
                if n == PIECE:
                    reached.set()
                yield {"text": f"note {n}"}

        task = asyncio.create_task(db.copy_records(notes, records()))
        await reached.wait()
        await asyncio.sleep(after / 1000)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await count(db) == 0

    await asyncio.gather(*(db.execute(notes.insert(), {"text": str(n)}) for n in range(50)))
    assert await count(db) == 50
    while db.statistics().lent:
        await asyncio.sleep(0.01)


async def test_a_timeout_leaves_nothing(db: Database) -> None:
    async def records() -> AsyncIterator[dict[str, Any]]:
        for record in texts(MANY):
            yield record
        await asyncio.sleep(30)

    with pytest.raises(QueryTimeout, match=r"timeout=1 s"):
        await db.copy_records(notes, records(), timeout=1)

    assert await count(db) == 0


async def test_no_more_than_two_pieces_of_records_are_held(db: Database) -> None:
    class Record(dict[str, Any]):
        alive = 0
        most = 0

        def __init__(self, text: str) -> None:
            super().__init__(text=text)
            Record.alive += 1
            Record.most = max(Record.most, Record.alive)

        def __del__(self) -> None:
            Record.alive -= 1

    await db.copy_records(notes, (Record(f"note {n}") for n in range(5 * PIECE)))

    assert Record.most <= 2 * PIECE


# Records that do not fit


@pytest.mark.parametrize(
    ("records", "columns", "sentence"),
    [
        ([{"text": "secret"}, {"txt": "secret"}], None, r"Record 2 has no value for text and a value for txt"),
        ([{"text": "secret"}, {"text": "secret", "done": True}], None, r"Record 2 has a value for done"),
        ([{"text": "secret", "done": True}, {"text": "secret"}], None, r"Record 2 has no value for done"),
        ([{"text": "secret"}], ["text", "done"], r"Record 1 has no value for done"),
        ([{"nonsense": "secret"}], None, r"no column 'nonsense'; it has 'id', 'text', 'done'"),
        ([("secret",)], ["nonsense"], r"no column 'nonsense'"),
        ([("secret",)], [], r"one or more columns"),
        ([("secret", "secret")], ["text", "text"], r"each named once"),
        ([("secret", True), ("secret",)], ["text", "done"], r"Record 2 has 1 values; it must have 2: text, done"),
        ([("secret",)], None, r"Record 1 has 1 values; it must have 3: id, text, done"),
        ([("secret", True), {"text": "secret"}], ["text", "done"], r"Record 2 is a dict; it must be a sequence"),
        ([{"text": "secret"}, ("secret",)], None, r"Record 2 is a tuple; it must be a mapping"),
        (["secret"], ["text"], r"Record 1 is a str"),
        ([7], ["text"], r"Record 1 is a int"),
        ("secret", None, r"records is a str"),
        ({"text": "secret"}, None, r"records is a dict"),
        (7, None, r"records is a int"),
    ],
)
async def test_a_record_that_does_not_fit_is_told_by_its_number(
    db: Database, records: Any, columns: Any, sentence: str
) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        await db.copy_records(notes, records, columns=columns)

    assert "secret" not in shown(caught.value)
    assert await count(db) == 0


async def test_the_number_of_a_record_counts_from_the_first_one(db: Database) -> None:
    with pytest.raises(QueryError, match=rf"Record {MANY + 1} "):
        await db.copy_records(notes, [*texts(MANY), {}])

    assert await count(db) == 0


async def test_a_value_that_does_not_fit_is_refused_without_showing_it(made: Database) -> None:
    secret = 2**70 + 12345
    with pytest.raises(QueryError) as caught:
        await made.copy_records(values, [{"key of value": "k", "number": secret}])
    assert str(secret) not in shown(caught.value)

    with pytest.raises(QueryError) as caught:
        await made.copy_records(things, [{"doc": {"secret": object()}}])
    assert "secret" not in shown(caught.value)

    assert await count(made, values) == await count(made, things) == 0


async def test_what_is_no_table_is_told(db: Database) -> None:
    with pytest.raises(QueryError, match=r"A str is no table"):
        await db.copy_records("notes", [{"text": "x"}])


async def test_a_database_that_is_not_connected_reads_no_record(url: str) -> None:
    def records() -> Iterator[dict[str, Any]]:
        raise AssertionError("nobody asked for these")
        yield {}

    with pytest.raises(NotConnected):
        await Database(url).copy_records(notes, records())
