"""Which models can be written directly, in which words others are refused, and what happens without msgspec."""

from __future__ import annotations

import logging
import sys
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Generic, NewType, TypeVar
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from evenflow.database import encoding, scalars, why_not
from evenflow.database.encoding import BodyMaker, JsonOf

T = TypeVar("T")
Number = NewType("Number", int)


class User(BaseModel):
    id: int
    name: str


class Later(BaseModel):
    other: NotThere  # type: ignore[name-defined]  # noqa: F821 - it is the test


class Box(BaseModel, Generic[T]):
    value: T


@pytest.mark.parametrize("kind", [int, str, bool, float, Decimal, datetime, date, time, UUID, Number])
def test_a_model_of_plain_fields_is_eligible(kind: Any) -> None:
    assert why_not(create_model("Model", value=(kind, ...))) is None
    assert why_not(create_model("Model", value=(kind | None, None))) is None


def test_what_only_describes_does_not_matter() -> None:
    class Described(User):
        model_config = ConfigDict(from_attributes=True, frozen=True, title="A user", json_schema_extra={"x": 1})
        id: int = Field(description="its number", examples=[1], title="Id", deprecated=True)
        age: Annotated[int, Field(strict=True)] = 3

        def greeting(self) -> str:
            return "hello"

    assert why_not(Described) is None
    assert why_not(Box[int]) is None


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (dict, "It is not a Pydantic model."),
        (User | None, "It is not a Pydantic model."),
        (Later, "It names types that are not defined yet."),
        (create_model("M"), "It has no fields."),
        (create_model("M", x=(int, Field(ge=0))), "Field 'x' has a constraint or a serializer (ge)."),
        (create_model("M", x=(int, Field(alias="y"))), "Field 'x' has an alias or is left out at times (serial"),
        (create_model("M", x=(User, ...)), "Field 'x' is of a kind that only Pydantic can write (model)."),
        (create_model("M", x=(list[int], ...)), "Field 'x' is of a kind that only Pydantic can write (list)."),
        (create_model("M", x=(bytes, ...)), "Field 'x' is of a kind that only Pydantic can write (bytes)."),
        (create_model("M", __config__=ConfigDict(extra="allow"), x=(int, ...)), "Its model_config has extra='allow'."),
        (
            create_model("M", __config__=ConfigDict(ser_json_inf_nan="strings"), x=(int, ...)),
            "Its model_config may change values (ser_json_inf_nan).",
        ),
    ],
)
def test_the_reason_against_a_model_is_a_sentence(model: Any, reason: str) -> None:
    said = why_not(model)

    assert said is not None
    assert said.startswith(reason)


def test_a_model_is_eligible_once_its_types_are_defined() -> None:
    class Waiting(BaseModel):
        number: Defined  # type: ignore[name-defined]  # noqa: F821 - it comes later

    assert why_not(Waiting) is not None

    Waiting.model_rebuild(_types_namespace={"Defined": int})

    assert why_not(Waiting) is None


def test_without_msgspec_pydantic_writes_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("evenflow.database.eligible.find_spec", lambda name: None)
    encoding._tell.cache_clear()
    caplog.set_level(logging.WARNING, "evenflow.database")

    makers = [BodyMaker(User, ["id", "name"], [None, None]) for _ in range(2)]

    assert why_not(User) == "msgspec is not installed: pip install 'evenflow[json]'."
    assert [maker.direct for maker in makers] == [None, None]
    assert makers[0].all([(1, "ada")]) == b'[{"id":1,"name":"ada"}]'
    assert [record.getMessage() for record in caplog.records] == [
        "Rows are written as JSON the ordinary, slower way: msgspec is not installed: pip install 'evenflow[json]'."
    ]


def test_a_type_the_libraries_write_differently_is_left_to_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    class Otherwise(BaseModel):
        value: Decimal

    scalars.alike.cache_clear()
    monkeypatch.setattr(msgspec.json, "encode", lambda value: b"otherwise")
    try:
        assert why_not(Otherwise) == "The installed msgspec and Pydantic write Decimal differently."
    finally:
        scalars.alike.cache_clear()


@pytest.mark.parametrize("name", scalars.SCALARS)
def test_most_samples_of_a_type_pass_its_own_test(name: str) -> None:
    scalar = scalars.SCALARS[name]
    passes = eval(f"lambda v: {scalar.test.format(v='v')}", scalars.names_in_tests())

    assert [sample for sample in scalar.samples if not passes(sample)] == []
    assert scalars.alike(scalar)


def test_columns_and_converters_find_their_fields() -> None:
    maker = BodyMaker(User, ["name", "more", "id", "name"], [None, None, int, str.upper])
    assert maker.direct is not None

    assert maker.direct([("lost", 0, "5", "ada")]) == b'[{"id":5,"name":"ADA"}]'
    assert maker.one(("lost", 0, "5", "ada")) == b'[{"id":5,"name":"ADA"}]'


def test_a_converter_of_a_column_that_is_no_field_is_asked_as_well() -> None:
    def failing(value: object) -> object:
        raise LookupError

    maker = BodyMaker(User, ["id", "name", "more"], [None, None, failing])

    with pytest.raises(LookupError):
        maker.all([(1, "ada", 2)])


def test_a_column_too_few_is_left_to_pydantic() -> None:
    model = create_model("M", id=(int, ...), name=(str, "nobody"))
    maker = BodyMaker(model, ["id"], [None])

    assert maker.direct is None
    assert maker.all([(1,)]) == b'[{"id":1,"name":"nobody"}]'


def test_asking_twice_is_the_same_question() -> None:
    assert JsonOf(User) == JsonOf(User)
    assert hash(JsonOf(User)) == hash(JsonOf(User))
    assert JsonOf(User) != User


def test_the_libraries_are_imported_when_used() -> None:
    import subprocess

    code = "import sys, evenflow; evenflow.Database; print({'pydantic', 'msgspec', 'starlette'} & set(sys.modules))"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "set()"
