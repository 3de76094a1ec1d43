"""The tables of the parity corpus: a column of every type, awkward names, every way to get a default."""

import datetime
import enum
import json
import uuid
from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()


class Color(enum.Enum):
    RED = "r"
    GREEN = "g"


class Reversed(sa.TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else value[::-1]

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else str(value)[::-1]


class Uncached(sa.TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = False

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        return json.dumps([value])

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)[0]


class Shouting(sa.TypeDecorator[str]):
    """Wraps the value in SQL, both ways."""

    impl = sa.String
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return sa.func.upper(bindparam)

    def column_expression(self, column: Any) -> Any:
        return sa.func.lower(column)


everything = sa.Table(
    "everything",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("whole", sa.Integer),
    sa.Column("big", sa.BigInteger),
    sa.Column("small", sa.SmallInteger),
    sa.Column("short", sa.String(40)),
    sa.Column("long", sa.Text),
    sa.Column("wide", sa.Unicode(40)),
    sa.Column("flag", sa.Boolean),
    sa.Column("moment", sa.DateTime),
    sa.Column("zoned", sa.DateTime(timezone=True)),
    sa.Column("day", sa.Date),
    sa.Column("clock", sa.Time),
    sa.Column("price", sa.Numeric(12, 2)),
    sa.Column("loose", sa.Numeric(12, 2, asdecimal=False)),
    sa.Column("ratio", sa.Float),
    sa.Column("exact", sa.Float(asdecimal=True)),
    sa.Column("twice", sa.Double),
    sa.Column("color", sa.Enum(Color)),
    sa.Column("word", sa.Enum("one", "two", name="word")),
    sa.Column("document", sa.JSON),
    sa.Column("blob", sa.LargeBinary),
    sa.Column("uid", sa.Uuid),
    sa.Column("uid_text", sa.Uuid(as_uuid=False)),
    sa.Column("span", sa.Interval),
    sa.Column("thing", sa.PickleType),
    sa.Column("mirrored", Reversed(40)),
    sa.Column("uncached", Uncached),
    sa.Column("shout", Shouting(40)),
    sa.Column("varied", sa.String().with_variant(sa.Unicode(30), "sqlite")),
)


def birthday(context: Any) -> datetime.datetime:
    return datetime.datetime(2000, 1, 1) + datetime.timedelta(days=len(context.current_parameters))


def nickname(context: Any) -> str:
    return f"{context.get_current_parameters()['name']}y"


users = sa.Table(
    "users",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50), nullable=False, unique=True),
    sa.Column("age", sa.Integer, default=18),
    sa.Column("nick", sa.String(50), default=nickname),
    sa.Column("born", sa.DateTime, default=birthday),
    sa.Column("seen", sa.DateTime, onupdate=lambda: datetime.datetime(2024, 2, 3)),
    sa.Column("changes", sa.Integer, default=0, onupdate=7),
    sa.Column("state", sa.String(10), server_default="new"),
    sa.Column("loud", sa.String(50), default=sa.func.upper("quiet")),
    sa.Column("manager_id", sa.Integer, sa.ForeignKey("users.id")),
)

addresses = sa.Table(
    "addresses",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
    sa.Column("city", sa.String(50)),
    sa.Column("since", sa.Date),
)

tags = sa.Table("tags", METADATA, sa.Column("slug", sa.String(50), primary_key=True), sa.Column("title", sa.String(50)))

grants = sa.Table(
    "grants",
    METADATA,
    sa.Column("user_id", sa.Integer, primary_key=True),
    sa.Column("role", sa.String(20), primary_key=True),
    sa.Column("given", sa.Date),
)

documents = sa.Table(
    "documents",
    METADATA,
    sa.Column("uid", sa.Uuid, primary_key=True, default=lambda: uuid.UUID(int=5)),
    sa.Column("body", sa.JSON),
)

tokens = sa.Table(
    "tokens",
    METADATA,
    sa.Column("token", sa.String(40), primary_key=True, server_default=sa.text("'fresh'")),
    sa.Column("note", sa.String(40)),
)

odd = sa.Table(
    "odd table",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("select", sa.Integer),
    sa.Column("my col", sa.String(20)),
    sa.Column("per%cent", sa.Integer),
    sa.Column("a:b", sa.String(20)),
    sa.Column("Größe", sa.Integer),
    sa.Column("keys", sa.String(20), key="renamed"),
    sa.Column("(brackets)", sa.Integer),
)

log = sa.Table("log", METADATA, sa.Column("line", sa.String(50)), sa.Column("level", sa.Integer))

tree = sa.Table(
    "tree",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("tree.id")),
    sa.Column("name", sa.String(20)),
)
