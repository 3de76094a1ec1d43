"""What type checkers see. mypy reads this file (`scripts/check`); it runs once too, so that it cannot rot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type

import sqlalchemy as sa
from pydantic import BaseModel
from starlette.responses import Response
from typing_extensions import TypedDict

from evenflow import Database, Row
from evenflow.database import Prepared, RowStream


class Model(BaseModel):
    id: int


@dataclass
class Data:
    id: int


class Keys(TypedDict):
    id: int


ONE = sa.select(sa.literal(1).label("id"))


async def test_rows_are_rows_unless_another_type_is_asked_for() -> None:
    async with Database("sqlite://") as db:
        rows = assert_type(await db.fetch_all(ONE), list[Row])
        row = assert_type(await db.fetch_one(ONE), Row | None)

        assert row is not None
        assert_type(row.id, Any)
        assert_type(row["id"], Any)
        assert rows == [row]


async def test_into_says_what_each_row_becomes() -> None:
    async with Database("sqlite://") as db:
        assert assert_type(await db.fetch_all(ONE, into=Model), list[Model]) == [Model(id=1)]
        assert assert_type(await db.fetch_one(ONE, into=Model), Model | None) == Model(id=1)
        assert assert_type(await db.fetch_all(ONE, into=Data), list[Data]) == [Data(1)]
        assert assert_type(await db.fetch_one(ONE, into=Keys), Keys | None) == {"id": 1}
        assert assert_type(await db.fetch_all(ONE, into=dict[str, int]), list[dict[str, int]]) == [{"id": 1}]


async def test_json_is_bytes_and_a_response() -> None:
    async with Database("sqlite://") as db:
        found = db.prepare(ONE, into=Model)

        assert assert_type(await db.fetch_json(ONE, into=Model), bytes) == b'[{"id":1}]'
        assert assert_type(await found.fetch_json(), bytes) == b'[{"id":1}]'
        assert_type(await db.respond(ONE, into=Model | Data), Response)
        assert_type(await found.respond(), Response)


async def test_what_has_no_class_is_any() -> None:
    async with Database("sqlite://") as db:
        assert assert_type(await db.fetch_all(ONE, into=Model | Data), list[Any]) == [Model(id=1)]
        assert_type(await db.fetch_val(ONE), Any)
        assert_type(await db.fetch_one(ONE, into=Model | Data), Any)


async def test_a_stream_knows_its_rows() -> None:
    async with Database("sqlite://") as db:
        assert_type(db.iterate(ONE), RowStream[Row])
        async for row in db.iterate(ONE):
            assert_type(row, Row)
        async for model in db.iterate(ONE, into=Model):
            assert_type(model, Model)
            assert model == Model(id=1)


async def test_a_prepared_statement_knows_its_rows() -> None:
    async with Database("sqlite://") as db:
        plain = assert_type(db.prepare(ONE), Prepared[Row])
        typed = assert_type(db.prepare(ONE, into=Model), Prepared[Model])

        assert_type(await plain(), list[Row])
        assert_type(await plain.fetch_one(), Row | None)
        assert assert_type(await typed(), list[Model]) == [Model(id=1)]
        assert assert_type(await typed.fetch_one(), Model | None) == Model(id=1)


async def test_a_connection_knows_as_much_as_the_database() -> None:
    async with Database("sqlite://") as db, db.connection() as connection:
        assert_type(await connection.fetch_all(ONE), list[Row])
        assert_type(await connection.fetch_one(ONE, into=Model), Model | None)
