"""Rows are written as JSON with the very bytes FastAPI's response model gives, or refused where it refuses them."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, create_model

from evenflow import Database
from evenflow.database import why_not
from evenflow.database.encoding import BodyMaker, MisfitError
from evenflow.database.rows import model_maker, row_maker, row_type
from evenflow.errors import ConfigError, RowInvalid
from tests.database_servers import mysql_database, postgres_database
from tests.parity.fastapi_route import body, sent
from tests.parity.json_models import NOT_ELIGIBLE

pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite.* does .not. support Decimal")

EXAMPLES = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

OFFSETS = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59))
WHOLE = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ZONES = st.none() | st.just(UTC) | WHOLE | OFFSETS.map(timezone)
NAMED = st.sampled_from([ZoneInfo("Europe/Berlin"), ZoneInfo("UTC"), ZoneInfo("America/St_Johns")])
SPECIAL_FLOATS = [0.0, -0.0, 1e15, 9999999999999998.0, 1e16, -1e16, 1e20, 1e-4, 1e-5, 1e-7, 5e-324, 1.5e300, 0.1 + 0.2]
SPECIAL_TEXTS = ["", '"', "\\", "\x00\x1f\x7f\x80", "\u2028\u2029", "</script>", "é", "\U0001f600", "e+", '","', "null"]
SPECIAL_DECIMALS = [Decimal(text) for text in ("1E+5", "1E-10", "0E-8", "-0", "1.10", "1E+400", "NaN", "-Infinity")]

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers() | st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**64, 10**40, -(10**5000)]),
    str: st.text() | st.sampled_from(SPECIAL_TEXTS) | st.characters(categories=["Cs"]),
    bool: st.booleans(),
    float: st.floats() | st.sampled_from(SPECIAL_FLOATS),
    Decimal: st.decimals() | st.sampled_from(SPECIAL_DECIMALS),
    datetime: st.datetimes(timezones=ZONES) | st.datetimes(timezones=NAMED),
    time: st.times(timezones=ZONES) | st.times(timezones=NAMED),
    date: st.dates(),
    UUID: st.uuids(),
}
FREE_NAMES = ["id", "name", "self", "class", "a b", "größe", "x" * 70, "f0", "rows", "Row"]


class Colour(enum.StrEnum):
    RED = "red"


class Text(str):
    """A kind of text that Pydantic keeps as it is."""

    __slots__ = ()


ODDITIES = st.one_of(*VALUES.values(), st.none(), st.just(Colour.RED), st.just(Text("x")), st.binary(), st.just([1]))


@dataclass
class Case:
    model: type[BaseModel]
    names: list[str]
    rows: list[tuple[Any, ...]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A model, and rows that mostly fit it."""
    fields: dict[str, tuple[Any, bool, bool]] = {
        name: (draw(st.sampled_from(list(VALUES))), draw(st.booleans()), draw(st.integers(0, 9)) == 0)
        for name in draw(st.lists(st.sampled_from(FREE_NAMES), min_size=1, max_size=6, unique=True))
    }
    declared: dict[str, Any] = {
        name: (kind | None if nullable else kind, None if nullable and default else ...)
        for name, (kind, nullable, default) in fields.items()
    }
    model = create_model("Model", __config__=ConfigDict(from_attributes=draw(st.booleans())), **declared)
    names = list(draw(st.permutations([*fields, *draw(st.lists(st.sampled_from([*FREE_NAMES, "more"]), max_size=2))])))
    if draw(st.integers(0, 9)) == 0:
        names.pop()
    cells = []
    for name in names:
        kind, nullable, _ = fields.get(name, (str, True, False))
        fitting = VALUES[kind] | st.none() if nullable else VALUES[kind]
        cells.append(st.one_of(fitting, ODDITIES) if draw(st.integers(0, 9)) == 0 else fitting)
    return Case(model, names, draw(st.lists(st.tuples(*cells), min_size=1, max_size=4)))


def ours(maker: BodyMaker, rows: Any) -> bytes | None:
    try:
        return maker.all(rows)
    except RowInvalid:
        return None


def as_rows(names: list[str], rows: list[tuple[Any, ...]]) -> Any:
    return row_maker(row_type(names), [None] * len(names)).all(rows)


@EXAMPLES
@given(cases())
def test_rows_of_any_model_are_written_as_fastapi_writes_them(case: Case) -> None:
    maker = BodyMaker(case.model, case.names, [None] * len(case.names))

    expected = body(case.model, as_rows(case.names, case.rows))

    assert ours(maker, case.rows) == expected


@EXAMPLES
@given(st.data())
def test_what_fits_is_written_directly_and_the_same(data: st.DataObject) -> None:
    fitting = {
        **VALUES,
        str: st.text(),
        float: st.floats(-1e16, 1e16, exclude_min=True, exclude_max=True),
        int: st.integers(),
        Decimal: st.decimals(allow_nan=False, allow_infinity=False),
        datetime: st.datetimes(timezones=st.none() | WHOLE),
        time: st.times(timezones=st.none() | WHOLE),
    }
    kinds = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=5))
    names = [f"field{number}" for number in range(len(kinds))]
    model: Any = create_model("Model", **{name: (kind | None, ...) for name, kind in zip(names, kinds, strict=True)})
    cells = [st.none() | fitting[kind] for kind in kinds]
    rows = data.draw(st.lists(st.tuples(*cells), min_size=1, max_size=4))
    maker = BodyMaker(model, names, [None] * len(names))

    assert why_not(model) is None
    assert maker.direct is not None
    assert maker.direct(rows) == maker.ordinary(rows) == body(model, as_rows(names, rows))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (float, 1e16),
        (float, float("nan")),
        (float, 1),
        (int, True),
        (bool, 1),
        (int, None),
        (str, "\ud800"),
        (str, Colour.RED),
        (str, Text("x")),
        (Decimal, Decimal("NaN")),
        (date, datetime(2024, 1, 1)),
        (datetime, datetime(2024, 1, 1, tzinfo=timezone(timedelta(seconds=30)))),
        (time, time(1, tzinfo=ZoneInfo("Europe/Berlin"))),
    ],
)
def test_a_value_that_does_not_fit_is_left_to_pydantic(kind: Any, value: Any) -> None:
    model: Any = create_model("Model", value=(kind, ...))
    maker = BodyMaker(model, ["value"], [None])
    assert maker.direct is not None

    with pytest.raises((MisfitError, UnicodeEncodeError)):
        maker.direct([(value,)])

    assert ours(maker, [(value,)]) == body(model, as_rows(["value"], [(value,)]))


@pytest.mark.slow
def test_every_character_is_written_as_pydantic_writes_it() -> None:
    class Model(BaseModel):
        value: str

    maker = BodyMaker(Model, ["value"], [None])
    rows = [(chr(number),) for number in range(sys.maxunicode + 1) if not 0xD800 <= number < 0xE000]

    assert maker.direct is not None
    assert maker.direct(rows) == maker.ordinary(rows)


def test_a_row_that_does_not_fit_is_told_as_into_tells_it() -> None:
    class Model(BaseModel):
        id: int

    with pytest.raises(RowInvalid) as by_into:
        model_maker(Model, ["id"], [None]).all([(1,), ("secret",)])
    with pytest.raises(RowInvalid) as by_json:
        BodyMaker(Model, ["id"], [None]).all([(1,), ("secret",)])

    assert str(by_json.value) == str(by_into.value)
    assert "secret" not in str(by_json.value)


def test_text_that_cannot_be_written_is_not_shown() -> None:
    class Model(BaseModel):
        id: str

    with pytest.raises(RowInvalid) as caught:
        BodyMaker(Model, ["id"], [None]).all([("secret\ud800",)])

    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("model", NOT_ELIGIBLE, ids=str)
def test_a_model_with_ways_of_its_own_is_left_to_pydantic(model: Any) -> None:
    names, rows = ["id", "name", "at"], [(1, "ada", None), (1, "  ä", None)]
    maker = BodyMaker(model, names, [None] * 3)

    reason = why_not(model)

    assert reason is not None
    assert reason.endswith(".")
    assert maker.direct is None
    assert ours(maker, rows) == body(model, as_rows(names, rows))


# Out of databases

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("number", sa.BigInteger),
    sa.Column("text", sa.Text),
    sa.Column("flag", sa.Boolean),
    sa.Column("real", sa.Double),
    sa.Column("amount", sa.Numeric),
    sa.Column("moment", sa.DateTime),
    sa.Column("instant", sa.DateTime(timezone=True)),
    sa.Column("hour", sa.Time),
    sa.Column("day", sa.Date),
    sa.Column("uid", sa.Uuid),
)
KIND = {
    "number": int,
    "text": str,
    "flag": bool,
    "real": float,
    "amount": Decimal,
    "moment": datetime,
    "instant": datetime,
    "hour": time,
    "day": date,
    "uid": UUID,
}
STORABLE = st.fixed_dictionaries({}, optional={
    "number": st.integers(-(2**63), 2**63 - 1),
    "text": st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])) | st.sampled_from(["e+", '"']),
    "flag": st.booleans(),
    "real": st.floats() | st.sampled_from(SPECIAL_FLOATS),
    "amount": st.decimals(-(10**9), 10**9, places=5) | st.sampled_from([Decimal("1E-10"), Decimal("1E+5")]),
    "moment": st.datetimes(),
    "instant": st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=WHOLE),
    "hour": st.times(),
    "day": st.dates(),
    "uid": st.uuids(),
})  # fmt: skip
FITTING = {name: st.sampled_from([kind | None, kind | None, kind, str, Any, float]) for name, kind in KIND.items()}


class World:
    """A connected database, and the loop it lives in."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.db = Database(url)
        self.run = self.runner.run
        self.run(self._open())

    async def _open(self) -> None:
        await self.db.connect()
        await self.db.create_all(things.metadata)

    def storable(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row without what this database has no place for."""
        if self.db.url.dialect != "mysql":
            return row
        return {name: value for name, value in row.items() if not _beyond_mysql(value)}

    async def filled(self, rows: list[dict[str, Any]]) -> None:
        await self.db.execute(things.delete())
        nothing = dict.fromkeys(KIND)
        await self.db.execute_many(things.insert(), [{**nothing, **row} for row in rows])

    async def both(self, query: Any, model: Any) -> tuple[bytes | None, bytes | None]:
        try:
            written = await self.db.fetch_json(query, into=model)
        except RowInvalid:
            written = None
        return written, await sent(model, await self.db.fetch_all(query))


def _beyond_mysql(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, UUID):  # MariaDB looks whether it is one
        return value.version != 4
    return isinstance(value, date) and not 1000 < value.year < 9999


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mysql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('json')}/json.db"
        else:
            database = postgres_database if request.param == "postgres" else mysql_database
            url = stack.enter_context(database(f"evenflow_{uuid4().hex[:12]}"))
        made = World(url)
        yield made
        made.run(made.db.disconnect())
        made.runner.close()


@pytest.mark.slow
@EXAMPLES
@given(st.data())
def test_rows_of_a_database_are_written_as_fastapi_writes_them(world: World, data: st.DataObject) -> None:
    rows = [world.storable(row) for row in data.draw(st.lists(STORABLE, max_size=4))]
    names = data.draw(st.lists(st.sampled_from(list(KIND)), min_size=1, max_size=6, unique=True))
    model: Any = create_model("Model", **{name: (data.draw(FITTING[name]), ...) for name in names})
    columns = data.draw(st.permutations([*names, *data.draw(st.lists(st.sampled_from(list(KIND)), max_size=2))]))
    chosen = sa.select(*[things.c[name].label(name) for name in columns])
    query = data.draw(st.sampled_from([sa.select(things), chosen, "SELECT * FROM things"]))
    world.run(world.filled(rows))

    written, expected = world.run(world.both(query, model))

    assert written == expected


def test_what_fits_comes_out_of_a_database_directly(world: World) -> None:
    row = {
        **{"number": -5, "text": 'ä"\n', "flag": True, "real": 1.5, "amount": Decimal("12.50")},
        **{"moment": datetime(2024, 2, 29, 1, 2, 3, 400), "instant": datetime(2024, 1, 1, tzinfo=UTC)},
        **{"hour": time(1, 2, 3), "day": date(2024, 2, 29), "uid": UUID(int=5)},
    }
    model: Any = create_model("Model", **{name: (kind | None, ...) for name, kind in KIND.items()})
    world.run(world.filled([row, {}]))
    planned, _, _ = world.db._state.planner.bind(sa.select(things))

    written, expected = world.run(world.both(sa.select(things), model))

    assert written == expected
    for maker in planned._makers.values():  # type: ignore[attr-defined]
        if isinstance(maker, BodyMaker):
            maker.ordinary = not_this_way
    assert world.run(world.db.fetch_json(sa.select(things), into=model)) == expected


def not_this_way(_: Any) -> bytes:
    raise AssertionError("the rows went by Pydantic")


def test_no_rows_are_an_empty_array(world: World) -> None:
    model: Any = create_model("Model", number=(int, ...))
    world.run(world.filled([]))

    assert world.run(world.both(sa.select(things), model)) == (b"[]", b"[]")


def test_a_route_that_responds_sends_what_the_same_route_sends_by_its_response_model(world: World) -> None:
    class Model(BaseModel):
        number: int
        text: str | None

    app = FastAPI()

    @app.get("/by-model", response_model=list[Model])
    async def by_model() -> Any:
        return await world.db.fetch_all(sa.select(things))

    @app.get("/responding", response_model=list[Model])
    async def responding() -> Any:
        return await world.db.respond(sa.select(things), into=Model, timeout=30)

    @app.get("/prepared", response_model=list[Model])
    async def prepared() -> Any:
        async with world.db.transaction():
            return await world.db.prepare(sa.select(things), into=Model).respond()

    async def answers() -> list[tuple[int, Any, bytes]]:
        await world.filled([{"number": 1, "text": "ä"}, {"number": 2}])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            got = [await client.get(path) for path in ("/by-model", "/responding", "/prepared")]
        return [(one.status_code, one.headers, one.content) for one in got]

    first, *others = world.run(answers())

    assert first[0] == 200
    assert others == [first, first]


def test_the_rows_of_a_returning_are_written_too(world: World) -> None:
    if world.db.url.dialect == "mysql":
        pytest.skip("SQLAlchemy's MySQL dialect has no RETURNING")
    model: Any = create_model("Model", number=(int, ...))

    written = world.run(world.db.fetch_json(things.insert().returning(things.c.number), {"number": 5}, into=model))

    assert written == b'[{"number":5}]'


def test_a_prepared_statement_has_to_say_what_its_rows_are_written_as(world: World) -> None:
    with pytest.raises(ConfigError, match="into=User"):
        world.run(world.db.prepare(sa.select(things)).fetch_json())
