"""Rows are mappings that are also read by attribute, by number and by column."""

import asyncio
import copy
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel
from typing_extensions import TypedDict

from evenflow.database.rows import Row, model_maker, row_maker, row_type
from evenflow.errors import RowInvalid

users = sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("name", sa.String))


def made(names: list[str], *rest: Any) -> Row:
    """A row of `rest`'s last with these names; further keys may stand between."""
    *columns, values = rest
    row: Row = row_maker(row_type(names, *columns), [None] * len(names)).one(values)
    return row


@pytest.fixture
def ann() -> Row:
    return made(["id", "name"], (1, "ann"))


@pytest.fixture
def twins() -> Row:
    return made(["id", "id"], (1, 2))


class User(BaseModel):
    id: int
    name: str


@dataclass
class Person:
    id: int
    name: str


class Entry(TypedDict):
    id: int
    name: str


def test_a_value_is_read_by_attribute_name_and_number(ann: Row) -> None:
    assert (ann.id, ann["name"], ann[0], ann[-1]) == (1, "ann", 1, "ann")


def test_a_value_is_read_by_column() -> None:
    row = made(["id", "name"], {users.c.name: 1}, (1, "ann"))

    assert row[users.c.name] == "ann"


def test_a_column_falls_back_to_its_name(ann: Row) -> None:
    assert ann[users.c.name] == "ann"


def test_a_column_does_not_guess_between_two_of_its_name(twins: Row) -> None:
    with pytest.raises(KeyError, match="several columns are called 'id'"):
        twins[users.c.id]


def test_a_row_is_a_mapping_from_names(ann: Row) -> None:
    assert isinstance(ann, Mapping)
    assert dict(ann) == {"id": 1, "name": "ann"}
    assert (list(ann), list(ann.keys()), list(ann.values())) == (["id", "name"], ["id", "name"], [1, "ann"])
    assert list(ann.items()) == [("id", 1), ("name", "ann")]


def test_membership_is_about_names(ann: Row) -> None:
    assert "id" in ann
    assert "ann" not in ann
    assert 0 not in ann


def test_a_row_is_a_dict_for_whoever_asks(ann: Row) -> None:
    assert isinstance(ann, dict)
    assert json.dumps(ann) == '{"id": 1, "name": "ann"}'
    assert {**ann} == ann


def test_of_two_columns_with_one_name_the_name_means_the_last(twins: Row) -> None:
    assert (twins["id"], twins.id, twins[0]) == (2, 2, 1)


def test_both_columns_of_one_name_are_shown(twins: Row) -> None:
    assert list(twins._mapping.keys()) == ["id", "id"]
    assert list(twins._mapping.values()) == [1, 2]
    assert list(twins.items()) == [("id", 1), ("id", 2)]
    assert len(twins) == 2


def test_columns_do_not_shadow_the_methods() -> None:
    row = made(["keys", "items", "count", "_values", "index"], (1, 2, 3, 4, 5))

    assert list(row.keys()) == ["keys", "items", "count", "_values", "index"]
    assert (row["keys"], row["_values"], row.count, row.index) == (1, 4, 3, 5)


def test_an_unknown_name_is_told_with_the_known_ones(ann: Row) -> None:
    with pytest.raises(KeyError, match="no column 'nmae'; the row has 'id', 'name'"):
        ann["nmae"]
    with pytest.raises(AttributeError, match="no column 'nmae'; the row has 'id', 'name'"):
        ann.nmae  # noqa: B018  # the reading is the test


def test_an_unknown_number_is_an_index_error(ann: Row) -> None:
    with pytest.raises(IndexError, match="no column 2; the row has 2"):
        ann[2]


def test_get_answers_a_default(ann: Row) -> None:
    assert (ann.get("id"), ann.get("x"), ann.get("x", 5)) == (1, None, 5)


def test_rows_equal_rows_tuples_and_mappings(ann: Row) -> None:
    assert ann == made(["id", "name"], (1, "ann"))
    assert ann != made(["a", "b"], (1, "ann"))
    assert ann == (1, "ann")
    assert ann == {"id": 1, "name": "ann"}
    assert ann != {"id": 1, "nick": "ann"}
    assert ann != [1, "ann"]


def test_equal_rows_have_equal_hashes(ann: Row) -> None:
    assert hash(ann) == hash((1, "ann"))


def test_a_row_shows_names_and_values(ann: Row) -> None:
    assert repr(ann) == "Row(id=1, name='ann')"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))])
def test_a_row_survives_copying_and_pickling(ann: Row, again: Any) -> None:
    copied = again(ann)

    assert copied == ann
    assert copied.name == "ann"


def test_a_row_cannot_be_changed(ann: Row) -> None:
    with pytest.raises(AttributeError):
        ann.name = "bob"
    for change in (
        lambda: ann.__setitem__("name", "bob"),
        lambda: ann.update(name="bob"),
        lambda: ann.pop("name"),
        lambda: ann.__ior__({"name": "bob"}),
    ):
        with pytest.raises(TypeError, match=r"dict\(row\)"):
            change()
    assert ann.name == "ann"


def test_a_row_matches_a_mapping_pattern(ann: Row) -> None:
    match ann:
        case {"name": name}:
            assert name == "ann"
        case _:
            pytest.fail("no match")


def test_pydantic_reads_a_row(ann: Row) -> None:
    assert User.model_validate(ann, from_attributes=True) == User(id=1, name="ann")


def test_fastapi_writes_a_row_as_an_object(ann: Row) -> None:
    assert jsonable_encoder([ann]) == [{"id": 1, "name": "ann"}]


def test_fastapi_takes_rows_for_a_response_model(ann: Row) -> None:
    app = FastAPI()

    @app.get("/models", response_model=list[User])
    def models() -> Any:
        return [ann]

    @app.get("/plain")
    def plain() -> Any:
        return ann

    @app.get("/rows")
    def rows() -> list[Row]:
        return [ann]

    async def get(path: str) -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return (await client.get(path)).json()

    assert asyncio.run(get("/models")) == [{"id": 1, "name": "ann"}]
    assert asyncio.run(get("/rows")) == [{"id": 1, "name": "ann"}]
    assert asyncio.run(get("/openapi.json"))["paths"].keys() == {"/models", "/plain", "/rows"}
    assert asyncio.run(get("/plain")) == {"id": 1, "name": "ann"}


def test_processors_change_their_own_values() -> None:
    maker = row_maker(row_type(["a", "b"]), [None, str.upper])

    assert maker.all([(1, "x"), (2, "y")]) == [(1, "X"), (2, "Y")]
    assert maker.one((1, "x")) == (1, "X")


def test_one_column_is_a_row_too() -> None:
    assert row_maker(row_type(["a"]), [str]).all([(1,)]) == [("1",)]


@pytest.mark.parametrize(
    ("into", "expected"),
    [
        (User, User(id=1, name="ann")),
        (Person, Person(1, "ann")),
        (Entry, {"id": 1, "name": "ann"}),
        (dict[str, Any], {"id": 1, "name": "ann"}),
    ],
)
def test_rows_become_the_type_asked_for(into: Any, expected: Any) -> None:
    maker = model_maker(into, ["id", "name"], [int, None])

    assert maker.all([("1", "ann")]) == [expected]
    assert maker.one(("1", "ann")) == expected


def test_names_with_braces_and_quotes_reach_the_model() -> None:
    maker = model_maker(dict[str, int], ["{a}", "b'\"c"], [None, None])

    assert maker.one((1, 2)) == {"{a}": 1, "b'\"c": 2}


def test_a_misfit_names_row_and_field_but_no_value() -> None:
    maker = model_maker(User, ["id", "name"], [None, None])

    with pytest.raises(RowInvalid, match="row 1, field 'id': Input should be a valid integer") as caught:
        maker.all([(1, "ann"), ("secret", "bob")])

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
