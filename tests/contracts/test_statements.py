"""What fetching and executing answer, whatever the driver."""

from __future__ import annotations

import asyncio
import math
import traceback
from dataclasses import dataclass

import pydantic
import pytest
import sqlalchemy as sa
import sqlmodel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typing_extensions import TypedDict

from evenflow import Database
from evenflow.errors import ConstraintViolated, NotConnected, QueryError, RowInvalid, TransactionMisused
from tests.contracts.tables import notes, values


def shown(error: BaseException) -> str:
    """What a log shows of an error and of what it came from, without the lines of the program."""
    summary = traceback.TracebackException.from_exception(error)
    found: list[str] = []
    seen: list[traceback.TracebackException | None] = [summary]
    while seen:
        if (one := seen.pop()) is not None:
            found += one.format_exception_only()
            seen += [one.__cause__, None if one.__suppress_context__ else one.__context__]
    return "".join(found)


async def test_execute_answers_the_key_of_an_insert_and_the_count_of_anything_else(db: Database) -> None:
    first = await db.execute(notes.insert(), {"text": "one"})
    second = await db.execute(notes.insert().values(text="two", done=sa.false()))
    changed = await db.execute(notes.update().values(done=True))
    deleted = await db.execute(notes.delete().where(notes.c.id == first))

    assert (first, second, changed, deleted) == (1, 2, 2, 1)


async def test_execute_answers_the_key_of_an_insert_in_text_where_the_server_tells_it(
    db: Database, dialect: str
) -> None:
    answers = [
        await db.execute("INSERT INTO notes (text, done) VALUES (:text, false)", {"text": text})
        for text in ("one", "two", "three")
    ]

    # PostgreSQL knows no last key: without RETURNING the answer is the count.
    assert answers == ([1, 1, 1] if dialect == "postgresql" else [1, 2, 3])


async def test_execute_answers_the_first_value_of_a_returning(returning: Database) -> None:
    assert await returning.execute(notes.insert().values(text="x").returning(notes.c.text)) == "x"


async def test_execute_answers_the_given_key_where_the_database_makes_none(db: Database) -> None:
    assert await db.execute(values.insert(), {"key of value": "k"}) == "k"


async def test_rows_are_read_by_name_index_column_and_attribute(db: Database) -> None:
    await db.execute(notes.insert(), {"text": "hello"})

    row = await db.fetch_one(notes.select())

    assert (row.text, row["text"], row[1], row[notes.c.text]) == ("hello",) * 4
    assert dict(row) == {"id": 1, "text": "hello", "done": False}


async def test_fetch_val_takes_a_column_by_index_name_or_column(db: Database) -> None:
    await db.execute(notes.insert(), {"text": "hello"})

    found = [await db.fetch_val(notes.select(), column=column) for column in (1, "text", notes.c.text)]

    assert found == ["hello"] * 3
    assert await db.fetch_val(notes.select().where(notes.c.id == 99)) is None


async def test_ten_thousand_rows_go_in_one_execute_many(db: Database) -> None:
    count = await db.execute_many(notes.insert(), [{"text": f"note {n}"} for n in range(10_000)])

    assert count == 10_000
    assert await db.fetch_val(sa.select(sa.func.count()).select_from(notes)) == 10_000


async def test_execute_many_happens_whole_or_not_at_all(db: Database) -> None:
    with pytest.raises(ConstraintViolated):
        await db.execute_many(notes.insert(), [{"text": "a"}, {"text": "b"}, {"text": "a"}])

    assert await db.fetch_all(notes.select()) == []


async def test_execute_many_answers_the_rows_of_a_returning(returning: Database) -> None:
    rows = await returning.execute_many(notes.insert().returning(notes.c.id), [{"text": "a"}, {"text": "b"}])

    assert [row.id for row in rows] == [1, 2]


async def test_execute_many_takes_sets_of_different_keys(db: Database) -> None:
    await db.execute_many(notes.insert(), [{"text": "a"}, {"text": "b", "done": True}, {"text": "c"}])

    assert [(row.text, row.done) for row in await db.fetch_all(notes.select().order_by(notes.c.id))] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]


async def test_execute_many_of_nothing_does_nothing(db: Database) -> None:
    assert await db.execute_many(notes.insert(), []) == 0


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, -(2**63)])
async def test_big_integers_come_back_as_they_went(db: Database, number: int) -> None:
    await db.execute(values.insert(), {"key of value": "k", "number": number})

    assert await db.fetch_val(sa.select(values.c.number)) == number


@pytest.mark.parametrize("text", ["", "🦊 𝔘𝔫𝔦", "'; DROP TABLE notes; --", "%s :name ? $1", "ümlaut", "a\\'b\"\n"])
async def test_any_text_comes_back_as_it_went(db: Database, text: str) -> None:
    await db.execute(values.insert(), {"key of value": "k", "größe": text})

    assert (await db.fetch_one(values.select()))["größe"] == text


@pytest.mark.parametrize("data", [b"", b"\x00\xff", bytes(range(256)) * 1000, None])
async def test_bytes_and_none_come_back_as_they_went(db: Database, data: bytes | None) -> None:
    await db.execute(values.insert(), {"key of value": "k", "select": data})

    assert (await db.fetch_one(values.select()))["select"] == data


async def test_a_zero_byte_in_a_text_comes_back_or_is_refused(db: Database, dialect: str) -> None:
    put = db.execute(values.insert(), {"key of value": "k", "größe": "secret\x00"})
    if dialect == "postgresql":
        with pytest.raises(QueryError, match="x00") as caught:
            await put
        assert "secret" not in shown(caught.value)
    else:
        await put
        assert (await db.fetch_one(values.select()))["größe"] == "secret\x00"


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
async def test_what_is_no_number_comes_back_as_it_went_or_is_refused(db: Database, dialect: str, number: float) -> None:
    put = db.execute(values.insert(), {"key of value": "k", 'quo"ted': number})
    if dialect == "mysql":
        with pytest.raises(QueryError):
            await put
        assert await db.fetch_all(values.select()) == []
    else:
        await put
        found = await db.fetch_val(values.select(), column='quo"ted')
        # SQLite has no NaN: it stores NULL.
        assert found is None if dialect == "sqlite" and math.isnan(number) else repr(found) == repr(number)


async def test_a_number_too_big_for_its_column_is_refused_without_showing_it(db: Database) -> None:
    with pytest.raises(QueryError) as caught:
        await db.execute(values.insert(), {"key of value": "k", "number": 2**63})

    assert str(2**63) not in shown(caught.value)
    assert await db.fetch_all(values.select()) == []


async def test_an_error_names_the_statement_but_no_value(db: Database) -> None:
    await db.execute(notes.insert(), {"text": "secret"})

    with pytest.raises(ConstraintViolated) as caught:
        await db.execute(notes.insert(), {"text": "secret"})

    assert "INSERT INTO notes" in str(caught.value)
    assert "text" in (caught.value.constraint or "")  # each database names it in its own way
    assert "secret" not in shown(caught.value)


async def test_a_text_that_no_database_takes_is_refused_without_showing_it(db: Database) -> None:
    with pytest.raises(QueryError) as caught:
        await db.execute(notes.insert(), {"text": "secret \ud800"})

    assert "secret" not in shown(caught.value)


async def test_a_missing_value_is_named(db: Database) -> None:
    with pytest.raises(QueryError, match="text"):
        await db.fetch_all("SELECT * FROM notes WHERE text = :text")


class Note(pydantic.BaseModel):
    id: int
    text: str
    done: bool


@dataclass
class NoteData:
    id: int
    text: str
    done: bool


class NoteDict(TypedDict):
    id: int
    text: str
    done: bool


@pytest.mark.parametrize(
    ("into", "expected"),
    [
        (Note, Note(id=1, text="x", done=False)),
        (NoteData, NoteData(1, "x", False)),
        (NoteDict, {"id": 1, "text": "x", "done": False}),
    ],
)
async def test_rows_become_the_type_asked_for(db: Database, into: type, expected: object) -> None:
    await db.execute(notes.insert(), {"text": "x"})

    assert await db.fetch_one(notes.select(), into=into) == expected
    assert await db.fetch_all(notes.select(), into=into) == [expected]
    assert [row async for row in db.iterate(notes.select(), into=into)] == [expected]


async def test_a_row_that_does_not_fit_is_named_without_its_values(db: Database) -> None:
    class Narrow(pydantic.BaseModel):
        text: int

    await db.execute(notes.insert(), {"text": "secret"})

    with pytest.raises(RowInvalid, match="text") as caught:
        await db.fetch_all(notes.select(), into=Narrow)
    assert "secret" not in str(caught.value)


async def test_a_prepared_statement_answers_what_the_statement_would(db: Database) -> None:
    put = db.prepare(notes.insert().values(text=sa.bindparam("text")))
    get = db.prepare(notes.select().where(notes.c.id == sa.bindparam("id")), into=Note)

    key = await put.execute(text="x")

    assert await get(id=key) == [Note(id=key, text="x", done=False)]
    assert await get.fetch_one(id=key) == Note(id=key, text="x", done=False)
    assert await get.fetch_val(id=key) == key
    assert await get.fetch_one(id=99) is None


async def test_two_hundred_and_fifty_six_tasks_read_and_write_at_once(db: Database) -> None:
    async def work(n: int) -> str:
        key = await db.execute(notes.insert(), {"text": f"note {n}"})
        found: str = await db.fetch_val(sa.select(notes.c.text).where(notes.c.id == key))
        return found

    assert await asyncio.gather(*map(work, range(256))) == [f"note {n}" for n in range(256)]


async def test_what_was_written_is_read_at_once(db: Database) -> None:
    key = await db.execute(notes.insert(), {"text": "0"})

    for n in range(200):
        await db.execute(notes.update().where(notes.c.id == key).values(text=str(n)))
        assert await db.fetch_val(sa.select(notes.c.text)) == str(n)


@pytest.mark.parametrize("statement", ["BEGIN", "commit", "  -- hm\nROLLBACK", "SAVEPOINT x"])
async def test_transaction_statements_are_refused(db: Database, statement: str) -> None:
    with pytest.raises(TransactionMisused, match=r"database\.transaction"):
        await db.execute(statement)


async def test_a_database_that_is_not_connected_says_so(url: str) -> None:
    with pytest.raises(NotConnected, match="connect"):
        await Database(url).fetch_all("SELECT 1")


async def test_connecting_twice_and_disconnecting_twice_is_harmless(url: str) -> None:
    database = Database(url)
    await asyncio.gather(database.connect(), database.connect())
    assert await database.fetch_val("SELECT 1") == 1
    await database.disconnect()
    await database.disconnect()

    assert not database.is_connected


class Hero(sqlmodel.SQLModel, table=True):
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    name: str


async def test_tables_of_sqlmodel_work_like_any_other(db: Database) -> None:
    await db.create_all(Hero.metadata)
    await db.execute(sa.insert(Hero), {"name": "Fox"})

    heroes = await db.fetch_all(sqlmodel.select(Hero.id, Hero.name), into=Hero)

    assert [(hero.id, hero.name) for hero in heroes] == [(1, "Fox")]
    assert await db.fetch_val(sqlmodel.select(Hero.name).where(Hero.id == 1)) == "Fox"


class Base(DeclarativeBase):
    pass


class Villain(Base):
    __tablename__ = "villains"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50))


async def test_declarative_classes_work_by_their_table_and_by_themselves(db: Database) -> None:
    await db.create_all(Base.metadata)
    await db.execute(Villain.__table__.insert(), {"name": "Cat"})

    assert (await db.fetch_one(sa.select(Villain.__table__))).name == "Cat"
    assert (await db.fetch_one(sa.select(Villain.id, Villain.name))).name == "Cat"


async def test_create_all_may_be_called_again(db: Database) -> None:
    from tests.contracts.tables import metadata

    await db.create_all(metadata)
    await db.create_all(metadata)

    assert await db.fetch_all(notes.select()) == []
