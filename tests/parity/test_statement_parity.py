"""Every kind of statement is sent and answered as SQLAlchemy's own engine does it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from sqlalchemy.pool import StaticPool

from evenflow.database.statement import Planner, planner_for, sqlite_dialect
from tests.parity.schema import METADATA
from tests.parity.statements import CASES, MANY, SEED, VALUES, Values

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dialect sqlite.* does .not. support Decimal"),
    pytest.mark.filterwarnings("ignore:Number of columns in textual SQL"),
]


@dataclass
class Answer:
    """What one execution sent and got."""

    sql: str
    args: Any
    rows: list[tuple[Any, ...]] | None
    names: list[str] | None
    key: Any = None
    error: str | None = None

    def shown(self) -> tuple[Any, ...]:
        return self.sql, typed(self.args), typed(self.rows), self.names, typed(self.key), self.error


def typed(value: Any) -> Any:
    """The value with its type at every level, so that True differs from 1."""
    if isinstance(value, list | tuple):
        return type(value), [typed(item) for item in value]
    return type(value), value


@dataclass
class World:
    """One database in memory, reached by SQLAlchemy's engine and by the driver alone."""

    connection: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))

    def __post_init__(self) -> None:
        self.engine = sa.create_engine("sqlite://", creator=lambda: self.connection, poolclass=StaticPool)
        self.sent: list[tuple[str, Any]] = []
        sa.event.listen(self.engine, "before_cursor_execute", self._record)
        METADATA.create_all(self.engine)
        with self.engine.begin() as connection:
            for table, rows in SEED:
                for row in rows:
                    connection.execute(table.insert(), row)

    def _record(self, _: Any, __: Any, sql: str, args: Any, *more: Any) -> None:
        self.sent.append((sql, args))

    def ask_sqlalchemy(self, statement: Any, values: Any) -> Answer:
        self.connection.execute("BEGIN")
        with self.engine.connect() as connection:
            try:
                result = connection.execute(statement, values)
                key = key_told(result) if not isinstance(values, list) else None
                asked = result.returns_rows and not getattr(result.context, "_is_implicit_returning", False)
                rows = [tuple(row) for row in result] if asked else None
                names = list(result.keys()) if asked else None
                sql, args = self.sent[-1]
                return Answer(sql, args, rows, names, key)
            except sa.exc.DBAPIError as error:
                sql, args = self.sent[-1]
                return Answer(sql, args, None, None, error=str(error.orig))
            finally:
                connection.rollback()

    def ask_planner(self, planner: Planner, statement: Any, values: Any) -> Answer:
        plan, sql, args = planner.bind(statement, values)
        self.connection.execute("BEGIN")
        try:
            cursor = self.connection.execute(sql, args)
            given = cursor.fetchall()
            if plan.returns_rows:
                maker = plan.maker(cursor.description)
                made = maker.all(given)
                assert made == [maker.one(row) for row in given]
                names = list(made[0]._mapping.keys()) if made else None
                return Answer(sql, args, [row._tuple() for row in made], names)
            last = given[0] if plan.key_from_row else cursor.lastrowid
            return Answer(sql, args, None, None, plan.key(last, args) if plan.key else None)
        except sqlite3.Error as error:
            return Answer(sql, args, None, None, error=str(error))
        finally:
            self.connection.rollback()


def key_told(result: Any) -> Any:
    context = result.context
    if context.compiled is None or not context.isinsert or context._is_explicit_returning:
        return None
    return result.inserted_primary_key


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Values, Values]]:
    """Pairs of values: Hypothesis draws them once, every statement is built of all of them."""
    pairs: list[tuple[Values, Values]] = []

    @settings(max_examples=12, derandomize=True, database=None, phases=[Phase.generate])
    @given(VALUES, VALUES)
    def draw(first: Values, second: Values) -> None:
        pairs.append((first, second))

    draw()
    return pairs


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.engine.dispose()
    world.connection.close()


@pytest.fixture(scope="module")
def planner() -> Planner:
    return planner_for(sqlite_dialect())


@pytest.fixture(scope="module")
def public_planner() -> Planner:
    return planner_for(sqlite_dialect(), version="2.99.0")


NOT_PUBLIC = {
    "insert_several",  # a default that reads its own row of several
    "select_arithmetic",  # SQLAlchemy names `-users.age` "age", the cursor does not
}


def built(name: str, values: Values) -> tuple[Any, Any]:
    made = CASES[name](values)
    return made if isinstance(made, tuple) else (made, None)


def agree(world: World, planner: Planner, name: str, values: Values) -> None:
    expected = world.ask_sqlalchemy(*built(name, values))
    answer = world.ask_planner(planner, *built(name, values))

    if not expected.rows:
        expected.names = answer.names = None
    expected.key = scalar_key(expected.key)
    if expected.key is None or answer.key is None:
        # No key declared, `inline()`, upserts: one of the two does not tell.
        expected.key = answer.key = None
    assert answer.shown() == expected.shown()


def scalar_key(key: Any) -> Any:
    if key is None or all(part is None for part in key):
        return None
    return key[0] if len(key) == 1 else tuple(key)


@pytest.mark.parametrize("name", CASES)
def test_a_statement_is_sent_and_answered_as_by_sqlalchemy(
    world: World, planner: Planner, drawn: list[tuple[Values, Values]], name: str
) -> None:
    for first, second in drawn:
        agree(world, planner, name, first)
        agree(world, planner, name, second)


@pytest.mark.parametrize("name", sorted(CASES.keys() - NOT_PUBLIC))
def test_a_statement_is_answered_alike_without_private_names(
    world: World, public_planner: Planner, drawn: list[tuple[Values, Values]], name: str
) -> None:
    for first, _ in drawn[:4]:
        agree(world, public_planner, name, first)


@pytest.mark.parametrize("name", CASES)
def test_a_prepared_statement_is_bound_as_an_unprepared_one(
    planner: Planner, drawn: list[tuple[Values, Values]], name: str
) -> None:
    for values, _ in drawn[:4]:
        statement, given_values = built(name, values)
        binder = planner.prepare(statement)
        _, sql, args = planner.bind(statement, given_values)

        for _ in range(2):
            _, prepared_sql, prepared_args = binder(given_values)
            assert (prepared_sql, typed(prepared_args)) == (sql, typed(args))


@pytest.mark.parametrize("name", MANY)
def test_many_rows_are_sent_as_by_sqlalchemy(
    world: World, planner: Planner, drawn: list[tuple[Values, Values]], name: str
) -> None:
    for pair in drawn:
        for values in pair:
            expected = world.ask_sqlalchemy(*MANY[name](values))

            [(plan, sql, rows)] = planner.bind_many(*MANY[name](values))

            assert (sql, typed(rows)) == (expected.sql, typed(expected.args))
            assert plan.key is None or isinstance(MANY[name](values)[0], sa.TextClause)


def test_the_corpus_has_at_least_two_hundred_kinds() -> None:
    assert len(CASES) >= 200


def test_plain_kinds_have_fast_plans(planner: Planner, drawn: list[tuple[Values, Values]]) -> None:
    plans = {name: planner.bind(*built(name, drawn[0][0]))[0] for name in CASES}
    slow = {name for name, plan in plans.items() if not plan.fast}

    assert not {name for name in slow if name.endswith(("_equal", "_literal")) and "uncached" not in name}
    assert not {name for name in slow if name.startswith(("text_", "delete_", "ddl_"))} - {
        "text_expanding",
        "delete_in",
    }
    assert len(slow) < len(plans) / 3


def test_the_fast_planner_is_used_for_the_installed_sqlalchemy() -> None:
    assert type(planner_for(sqlite_dialect())) is Planner
