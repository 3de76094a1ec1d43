"""`fetch_by_keys()`: the rows of many keys, whatever the driver."""

from __future__ import annotations

import enum
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from evenflow import Database
from evenflow.database.statement import postgres_dialect, searched
from evenflow.errors import QueryError, QueryTimeout
from tests.contracts.slow import slow
from tests.contracts.tables import notes, values
from tests.contracts.test_statements import shown


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Reversed(sa.TypeDecorator[str]):
    impl = sa.String(50)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[::-1]

    process_result_value = process_bind_param


class Base(DeclarativeBase):
    pass


class Villain(Base):
    __tablename__ = "villains"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50))


keys_of_all_kinds = sa.Table(
    "keys_of_all_kinds",
    Base.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("color", sa.Enum(Color, name="color_of_key"), unique=True),
    sa.Column("token", sa.Uuid, unique=True),
    sa.Column("backwards", Reversed, unique=True),
)
KINDS: dict[str, tuple[Any, Any]] = {
    "color": (Color.RED, Color.BLUE),
    "token": (uuid.UUID(int=1), uuid.UUID(int=2)),
    "backwards": ("abc", "xyz"),
}

ROWS = 1_500


@pytest.fixture
async def full(db: Database) -> Database:
    await db.copy_records(notes, [(n, f"note {n}", n % 2 == 0) for n in range(1, ROWS + 1)])
    return db


async def test_each_key_gets_its_row(full: Database) -> None:
    found = await full.fetch_by_keys(sa.select(notes), notes.c.id, [7, 3, 9])

    assert found == {n: (n, f"note {n}", n % 2 == 0) for n in (7, 3, 9)}


async def test_a_key_without_a_row_is_absent_and_one_given_twice_is_one(full: Database) -> None:
    assert (await full.fetch_by_keys(notes, notes.c.id, [1, ROWS + 1, None, 1, -1])).keys() == {1}


@pytest.mark.parametrize("number", [0, 1, 511, 512, 513, ROWS])
async def test_any_number_of_keys_is_found(full: Database, number: int) -> None:
    found = await full.fetch_by_keys(sa.select(notes.c.text, notes.c.id), notes.c.id, (n + 1 for n in range(number)))

    assert {key: row.text for key, row in found.items()} == {n: f"note {n}" for n in range(1, number + 1)}


async def test_the_conditions_and_joins_of_the_query_stay(full: Database) -> None:
    await full.copy_records(values, [{"key of value": f"note {n}", "number": n * 10} for n in range(1, 6)])
    query = (
        sa.select(notes.c.id.label("note"), values.c.number)
        .join(values, values.c["key of value"] == notes.c.text)
        .where(notes.c.done)
    )

    found = await full.fetch_by_keys(query, notes.c.id, range(1, 10))

    assert {key: row.number for key, row in found.items()} == {2: 20, 4: 40}


async def test_texts_are_keys_too(full: Database) -> None:
    found = await full.fetch_by_keys(notes, notes.c.text, ["note 3", "'; DROP TABLE notes; --", "nobody"])

    assert {key: row.id for key, row in found.items()} == {"note 3": 3}


@pytest.mark.parametrize("name", KINDS)
async def test_keys_are_converted_as_by_any_statement(db: Database, name: str) -> None:
    await db.create_all(Base.metadata)
    column = keys_of_all_kinds.c[name]
    one, other = KINDS[name]
    await db.execute(keys_of_all_kinds.insert(), {name: one})

    assert (await db.fetch_by_keys(keys_of_all_kinds, column, [one, other])).keys() == {one}


async def test_declarative_classes_are_searched_by_their_attributes(db: Database) -> None:
    await db.create_all(Base.metadata)
    await db.copy_records(Villain, [{"name": "Cat"}, {"name": "Dog"}])

    assert (await db.fetch_by_keys(sa.select(Villain), Villain.id, [2]))[2].name == "Dog"
    assert (await db.fetch_by_keys(Villain, Villain.id, [1]))[1].name == "Cat"


async def test_rows_of_an_open_transaction_are_found(db: Database) -> None:
    async with db.transaction(force_rollback=True):
        key = await db.execute(notes.insert(), {"text": "x"})
        assert (await db.fetch_by_keys(notes, notes.c.id, [key])).keys() == {key}
    async with db.connection() as connection:
        assert await connection.fetch_by_keys(notes, notes.c.id, [key]) == {}


async def test_a_key_with_several_rows_is_refused(full: Database) -> None:
    with pytest.raises(QueryError, match=r"notes\.done is no key of these rows"):
        await full.fetch_by_keys(notes, notes.c.done, [True])


@pytest.mark.parametrize(
    ("query", "key", "keys", "sentence"),
    [
        (sa.select(notes.c.text), notes.c.id, ["secret"], r"notes\.id is not among the columns selected"),
        (sa.select(notes.c.text.label("id")), notes.c.id, ["secret"], r"notes\.id is not among the columns selected"),
        (notes, "id", ["secret"], r"key is a str; it must be a column"),
        (notes, notes.c.id, "secret", r"keys is a str; it must be an iterable"),
        (notes, notes.c.id, 7, r"keys is a int"),
        ("SELECT secret", notes.c.id, [1], r"A str cannot be searched by keys"),
    ],
)
async def test_what_cannot_be_searched_is_told(db: Database, query: Any, key: Any, keys: Any, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        await db.fetch_by_keys(query, key, keys)

    assert "secret" not in shown(caught.value)


async def test_a_timeout_bounds_the_trip(db: Database) -> None:
    await db.execute(notes.insert(), {"text": "x"})
    waits = sa.literal_column(f"({slow(db, 20)})")

    with pytest.raises(QueryTimeout):
        await db.fetch_by_keys(sa.select(notes.c.id, waits), notes.c.id, [1], timeout=0.2)


def test_on_postgresql_one_statement_does_for_any_number_of_keys() -> None:
    dialect = postgres_dialect()

    def texts(number: int) -> set[str]:
        statements = searched(notes, notes.c.id, dialect).statements(range(number))
        return {str(statement.compile(dialect=dialect)) for statement in statements}

    assert texts(1) == texts(777) == texts(25_000)
    assert len(texts(1)) == 1
