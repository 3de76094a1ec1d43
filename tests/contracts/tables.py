"""The tables of the contract suite."""

import sqlalchemy as sa

metadata = sa.MetaData()

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(200), unique=True),
    sa.Column("done", sa.Boolean, nullable=False, default=False),
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("note_id", sa.ForeignKey("notes.id", deferrable=True, initially="DEFERRED"), nullable=False),
)

values = sa.Table(
    "values",  # a name that needs quoting
    metadata,
    sa.Column("key of value", sa.String(50), primary_key=True),
    sa.Column("select", sa.LargeBinary),
    sa.Column('quo"ted', sa.Float),
    sa.Column("größe", sa.String(500)),
    sa.Column("number", sa.BigInteger),
)
