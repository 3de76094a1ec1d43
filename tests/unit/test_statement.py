"""Statements become plans, SQL and arguments."""

import gc
import logging
import pickle
import sqlite3
import uuid
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam, select, text

from evenflow.database.plan import Kind
from evenflow.database.statement import Planner, planner_for, sqlite_dialect
from evenflow.errors import QueryError

META = sa.MetaData()
users = sa.Table(
    "users",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
    sa.Column("born", sa.DateTime),
)
papers = sa.Table("papers", META, sa.Column("uid", sa.Uuid, primary_key=True), sa.Column("pages", sa.Integer))
by_id = select(users).where(users.c.id == bindparam("uid"))


@pytest.fixture(params=["2.1", "2.99"], ids=["known", "public"])
def planner(request: pytest.FixtureRequest) -> Planner:
    return planner_for(sqlite_dialect(), version=request.param)


@pytest.fixture
def fast() -> Planner:
    return Planner(sqlite_dialect())


def test_the_dialect_is_what_an_engine_has_after_connecting() -> None:
    engine = sa.create_engine("sqlite://")
    engine.connect().close()
    connected, ours = vars(engine.dialect), vars(sqlite_dialect())
    engine.dispose()
    plain = (int, str, bool, tuple, type(None))

    def flags(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if isinstance(value, plain)}

    different = {name for name, value in flags(connected).items() if flags(ours).get(name) != value}
    assert different <= {"default_schema_name", "default_isolation_level", "compiler_linting"}


def test_each_kind_of_statement_may_run_in_its_place(planner: Planner) -> None:
    kinds = [
        planner.bind(statement)[0].kind
        for statement in (
            users.select(),
            users.insert(),
            users.delete(),
            sa.schema.CreateTable(users),
            text("PRAGMA user_version"),
            "BEGIN",
        )
    ]

    assert kinds == [Kind.READ, Kind.WRITE, Kind.WRITE, Kind.ALONE, Kind.ALONE, Kind.CONTROL]


def test_statements_of_one_kind_share_their_plan(fast: Planner) -> None:
    first, _, args = fast.bind(users.select().where(users.c.id == 1))
    second, _, others = fast.bind(users.select().where(users.c.id == 2))

    assert first is second
    assert (args, others) == ((1,), (2,))


def test_a_text_keeps_its_plan(fast: Planner) -> None:
    first = fast.bind("SELECT :a", {"a": 1})[0]

    assert fast.bind("SELECT :a", {"a": 2})[0] is first


def test_the_cache_is_bounded() -> None:
    planner = Planner(sqlite_dialect(), capacity=3)
    for number in range(10):
        planner.bind(f"SELECT {number}")
        planner.bind(select(sa.literal_column(str(number))))

    assert len(planner._texts) <= 3
    assert len(planner._forms) <= 3


def test_the_first_values_are_not_kept_alive(fast: Planner) -> None:
    class Secret(str):
        """A string that can be watched."""

    secret = Secret("secret")
    watched = weakref.ref(secret)
    fast.bind(users.select().where(users.c.name == secret))
    del secret
    gc.collect()

    assert watched() is None


def test_a_text_takes_named_values(planner: Planner) -> None:
    _, sql, args = planner.bind(r"SELECT '\:b', x::y, :c, :d", {"c": 1, "d": datetime(2020, 1, 2)})

    assert sql == "SELECT ':b', x::y, ?, ?"
    assert args == (1, "2020-01-02 00:00:00.000000")


def test_a_text_tells_zoned_moments_from_plain_ones(fast: Planner) -> None:
    fast.bind("SELECT :a", {"a": datetime(2020, 1, 2)})
    first = fast.bind("SELECT :a", {"a": datetime(2020, 1, 2, tzinfo=UTC)})[0]

    assert fast.bind("SELECT :a", {"a": datetime(2021, 1, 2, tzinfo=UTC)})[0] is first
    assert fast.bind("SELECT :a", {"a": datetime(2021, 1, 2)})[0] is not first


@pytest.mark.parametrize("statement", ["SELECT :a, :b", text("SELECT :a, :b"), select(bindparam("a"), bindparam("b"))])
def test_a_missing_value_is_named(planner: Planner, statement: Any) -> None:
    with pytest.raises(QueryError, match="No value was given for :b") as caught:
        planner.bind(statement, {"a": 1})

    assert isinstance(caught.value.__cause__, sa.exc.SQLAlchemyError)


@pytest.mark.parametrize("statement", ["SELECT :a", text("SELECT :a"), users.insert()])
def test_an_unknown_value_is_named(planner: Planner, statement: Any) -> None:
    with pytest.raises(QueryError, match="takes no value called :nmae"):
        planner.bind(statement, {"a": 1, "nmae": "secret"} if not isinstance(statement, sa.Insert) else {"nmae": 1})


def test_an_unknown_column_is_refused(planner: Planner) -> None:
    with pytest.raises(QueryError, match="Unconsumed column names: nmae"):
        planner.bind(users.insert().values(nmae="x"))


@pytest.mark.parametrize("thing", [users, users.c.id, object(), 5])
def test_what_is_no_statement_is_refused(planner: Planner, thing: Any) -> None:
    with pytest.raises(QueryError, match="no statement"):
        planner.bind(thing)


def test_a_value_of_the_wrong_type_is_refused_without_showing_it(planner: Planner) -> None:
    with pytest.raises(QueryError, match="does not fit") as caught:
        planner.bind(users.insert(), {"born": "secret"})

    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, TypeError)


def test_errors_of_the_callers_types_stay_as_they_are(planner: Planner) -> None:
    class Picky(sa.TypeDecorator[str]):
        impl = sa.String
        cache_ok = True

        def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
            raise ValueError("picky")

    with pytest.raises(ValueError, match="picky"):
        planner.bind(select(sa.literal("x", Picky())))


def test_columns_and_expressions_are_taken_as_values(planner: Planner) -> None:
    values: dict[Any, Any] = {users.c.name: sa.func.upper("x"), users.c.id: 5}
    _, sql, args = planner.bind(users.insert(), values)

    assert (sql, args) == ("INSERT INTO users (id, name) VALUES (?, upper(?))", (5, "x"))


def test_many_rows_of_equal_keys_are_one_batch(planner: Planner) -> None:
    [(_, sql, rows)] = planner.bind_many(users.insert(), [{"name": "a"}, {"name": "b"}])

    assert (sql, rows) == ("INSERT INTO users (name) VALUES (?)", [("a",), ("b",)])


def test_many_rows_of_different_keys_keep_their_order(planner: Planner) -> None:
    batches = planner.bind_many(users.insert(), [{"name": "a"}, {"id": 7}, {"name": "b"}])

    assert [rows for _, _, rows in batches] == [[("a",)], [(7,)], [("b",)]]


def test_many_rows_of_a_text_are_one_batch_whatever_their_types(planner: Planner) -> None:
    [(_, _, rows)] = planner.bind_many("INSERT INTO users (name) VALUES (:n)", [{"n": "a"}, {"n": None}])

    assert rows == [("a",), (None,)]


def test_a_prepared_statement_takes_names_and_mappings(planner: Planner) -> None:
    binder = planner.prepare(by_id)

    assert binder(uid=5)[2] == binder({"uid": 5})[2] == (5,)


def test_a_prepared_statement_names_what_is_missing(planner: Planner) -> None:
    binder = planner.prepare(by_id)

    with pytest.raises(QueryError, match="No value was given for :uid"):
        binder()
    with pytest.raises(QueryError, match="takes no value called :id"):
        binder(id=5, uid=4)


def test_a_prepared_insert_takes_other_columns_each_time(planner: Planner) -> None:
    binder = planner.prepare(users.insert())

    assert [binder(name="a")[2], binder(id=1)[2], binder(id=1, name="b")[2]] == [("a",), (1,), (1, "b")]


@pytest.mark.parametrize(
    ("statement", "values", "key"),
    [
        (users.insert(), {"name": "a"}, 42),
        (users.insert(), {"id": 7}, 7),
        (users.insert(), {"id": None}, 42),
        (papers.insert(), {"uid": uuid.UUID(int=3)}, uuid.UUID(int=3)),
        ("INSERT INTO users (name) VALUES ('a')", None, 42),
    ],
)
def test_an_insert_tells_its_key(planner: Planner, statement: Any, values: Any, key: Any) -> None:
    plan, _, args = planner.bind(statement, values)
    assert plan.key is not None

    assert plan.key(42, args) == key


@pytest.mark.parametrize(
    "statement",
    [
        users.insert().values([{"name": "a"}, {"name": "b"}]),
        users.insert().from_select(["name"], select(users.c.name)),
        users.update().values(name="a"),
        users.insert().values(name="a").returning(users.c.id),
        "INSERT INTO users (id) VALUES (1) ON CONFLICT DO UPDATE SET name = 'a'",
        "DELETE FROM users",
    ],
)
def test_other_writes_have_no_key(planner: Planner, statement: Any) -> None:
    assert planner.bind(statement)[0].key is None


def test_a_changed_result_of_select_star_gets_other_rows(planner: Planner) -> None:
    plan = planner.bind("SELECT * FROM t")[0]
    nothing = (None,) * 6

    before = plan.maker([("a", *nothing)]).one((1,))
    after = plan.maker([("a", *nothing), ("b", *nothing)]).one((1, 2))

    assert (dict(before), dict(after)) == ({"a": 1}, {"a": 1, "b": 2})


def test_rows_are_read_by_the_columns_of_the_statement(planner: Planner) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE users (id, name, born)")
    connection.execute("INSERT INTO users VALUES (1, 'ann', '2020-01-02 00:00:00.000000')")
    plan, sql, args = planner.bind(users.select())
    cursor = connection.execute(sql, args)
    [row] = plan.maker(cursor.description).all(cursor.fetchall())
    connection.close()

    assert row[users.c.born] == row.born == datetime(2020, 1, 2)
    assert pickle.loads(pickle.dumps(row)) == row


def test_a_statement_without_a_cache_key_is_warned_of_once(fast: Planner, caplog: pytest.LogCaptureFixture) -> None:
    class Uncached(sa.TypeDecorator[str]):
        impl = sa.String
        cache_ok = False

    with caplog.at_level(logging.WARNING, "evenflow.database"):
        for value in "ab":
            assert fast.bind(select(sa.literal(value, Uncached())))[2] == (value,)

    assert len(caplog.records) == 1


def test_types_that_forbid_caching_are_not_taken_for_one_another(fast: Planner) -> None:
    def marking(mark: str) -> Any:
        class Marking(sa.TypeDecorator[str]):
            impl = sa.String
            cache_ok = False

            def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str:
                return f"{mark}{value}"

        return Marking()

    args = [fast.bind(select(sa.literal("x", marking(mark))))[2] for mark in "ab"]

    assert args == [("ax",), ("bx",)]


def test_an_unknown_sqlalchemy_is_planned_on_its_public_face(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "evenflow.database"):
        planner = planner_for(sqlite_dialect(), version="3.0.0b1")

    assert type(planner) is not Planner
    assert "3.0.0b1" in caplog.text
