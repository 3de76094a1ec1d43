"""The tables of the contract suite."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(200), unique=True),
    sa.Column("done", sa.Boolean, nullable=False, default=False),
)


def _can_wait(*_: object, dialect: sa.Dialect, **__: Any) -> bool:
    """Whether the database can check a constraint at COMMIT."""
    return dialect.name not in {"mysql", "mariadb"}


replies = sa.Table(
    "replies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("note_id", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(["note_id"], ["notes.id"], deferrable=True, initially="DEFERRED").ddl_if(
        callable_=_can_wait
    ),
)

values = sa.Table(
    "values",  # a name that needs quoting
    metadata,
    sa.Column("key of value", sa.String(50), primary_key=True),
    sa.Column("select", sa.LargeBinary(2**20)),
    sa.Column('quo"ted', sa.Double),
    sa.Column("größe", sa.String(500)),
    sa.Column("number", sa.BigInteger),
)
