"""`copy_records()` on PostgreSQL: when it is COPY, and when it cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from evenflow import Database
from evenflow.errors import QueryError
from tests.database_servers import postgres_database

metadata = sa.MetaData()
plain = sa.Table(
    "Plain Table",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a name", sa.String(50), key="name"),
    sa.Column("tags", pg.ARRAY(sa.String)),
    sa.Column("made_by", sa.String(10), default=lambda: "python"),
)
searched = sa.Table("searched", metadata, sa.Column("id", sa.Integer), sa.Column("words", pg.TSVECTOR))
numbered = sa.Table(
    "numbered", metadata, sa.Column("id", sa.Integer, sa.Identity(always=True)), sa.Column("n", sa.Text)
)
stamped = sa.Table(
    "stamped", metadata, sa.Column("n", sa.Integer), sa.Column("at", sa.DateTime, default=sa.func.localtimestamp())
)
guarded = sa.Table("guarded", metadata, sa.Column("n", sa.Integer))
elsewhere = sa.Table("elsewhere", metadata, sa.Column("n", sa.Integer), schema="apart")

WITNESS = (
    "CREATE TABLE IF NOT EXISTS seen (sql text)",
    "CREATE OR REPLACE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO seen VALUES (current_query()); RETURN NULL; END $$",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_database(f"evenflow_{uuid4().hex[:12]}") as made:
        yield made


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.execute("CREATE SCHEMA IF NOT EXISTS apart")
        for table in reversed(metadata.sorted_tables):
            await database.execute(sa.schema.DropTable(table, if_exists=True))
        await database.create_all(metadata)
        for statement in WITNESS:
            await database.execute(statement)
        await database.execute("TRUNCATE seen")
        yield database


async def sent(db: Database, table: sa.Table, records: Any, **options: Any) -> str:
    """The first word of the statement that brought the records."""
    name = sa.dialects.postgresql.dialect().identifier_preparer.format_table(table)
    await db.execute(f"CREATE TRIGGER watched AFTER INSERT ON {name} FOR EACH STATEMENT EXECUTE FUNCTION witness()")
    await db.copy_records(table, records, **options)
    await db.execute(f"DROP TRIGGER watched ON {name}")
    (word,) = {row.sql.split()[0] for row in await db.fetch_all("SELECT sql FROM seen")}
    return str(word)


async def test_plain_columns_go_by_copy_whatever_they_are_called(db: Database) -> None:
    records = [{"name": f"n {n}", "tags": ["a", None]} for n in range(5_000)]

    assert await sent(db, plain, records) == "COPY"

    assert await db.fetch_val(sa.select(sa.func.count()).where(plain.c.made_by == "python")) == 5_000


async def test_a_table_of_another_schema_goes_by_copy(db: Database) -> None:
    assert await sent(db, elsewhere, [(n,) for n in range(3)]) == "COPY"


@pytest.mark.parametrize("inside", [False, True])
async def test_a_type_that_asyncpg_writes_as_text_is_inserted(db: Database, inside: bool) -> None:
    records = [{"id": n, "words": "fox dog"} for n in range(3)]
    if inside:
        async with db.transaction():
            assert await sent(db, searched, records) == "INSERT"
            assert await db.copy_records(searched, records) == 3
    else:
        assert await sent(db, searched, records) == "INSERT"
        assert await db.copy_records(searched, records) == 3

    assert await db.fetch_val("SELECT count(*) FROM searched WHERE words @@ 'fox'") == 6


async def test_a_default_in_sql_is_inserted(db: Database) -> None:
    assert await sent(db, stamped, [{"n": 1}]) == "INSERT"
    assert await db.fetch_val("SELECT count(at) FROM stamped") == 1


async def test_an_identity_that_is_always_generated_stays_so(db: Database) -> None:
    assert await sent(db, numbered, [{"n": "x"}]) == "COPY"
    with pytest.raises(QueryError, match="non-DEFAULT"):
        await db.copy_records(numbered, [{"id": 7, "n": "x"}])


async def test_row_level_security_is_kept(db: Database) -> None:
    for statement in (
        "DROP ROLE IF EXISTS evenflow_copier",
        "CREATE ROLE evenflow_copier",
        "GRANT ALL ON guarded TO evenflow_copier",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY small ON guarded WITH CHECK (n < 10)",
    ):
        await db.execute(statement)
    try:
        async with db.transaction():
            await db.execute("SET LOCAL ROLE evenflow_copier")
            assert await db.copy_records(guarded, [(1,), (2,)]) == 2
            with pytest.raises(QueryError, match="row-level security"):
                await db.copy_records(guarded, [(10,)])
    finally:
        await db.execute("DROP OWNED BY evenflow_copier")
        await db.execute("DROP ROLE evenflow_copier")


async def test_a_view_is_inserted_into(db: Database) -> None:
    await db.execute("CREATE OR REPLACE VIEW shown AS SELECT n FROM guarded")
    try:
        view = sa.Table("shown", sa.MetaData(), sa.Column("n", sa.Integer))

        assert await db.copy_records(view, [(1,)]) == 1
    finally:
        await db.execute("DROP VIEW shown")


async def test_a_column_that_is_not_there_is_told(db: Database) -> None:
    other = sa.Table("guarded", sa.MetaData(), sa.Column("missing", sa.Integer))

    with pytest.raises(QueryError, match="missing"):
        await db.copy_records(other, [(1,)])


async def test_without_kept_statements_it_is_the_same(url: str, db: Database) -> None:
    async with Database(url, statement_cache_size=0) as other:
        assert await sent(other, plain, ({"name": str(n)} for n in range(5_000))) == "COPY"
