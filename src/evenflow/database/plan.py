"""What is known of a statement before it runs: plain data between the planner and the drivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

Description = Sequence[Sequence[Any]]
"""What a DB-API cursor calls its `description`; the first item of each entry is a column's name."""


class Kind(Enum):
    """Where a statement may run."""

    READ = "read"  # changes nothing: any connection
    WRITE = "write"  # INSERT, UPDATE, DELETE, REPLACE: may share a commit with others
    ALONE = "alone"  # DDL, PRAGMA, VACUUM and what we do not know: the writer, by itself
    CONTROL = "control"  # BEGIN, COMMIT, SAVEPOINT …: belongs to `transaction()`, never sent from outside


class Want(Enum):
    """What the caller wants back."""

    ALL = "all"  # list of rows
    ONE = "one"  # first row or None
    VALUE = "value"  # one value of the first row or None
    ANSWER = "answer"  # what `execute()` answers: a key, a count or a value


class RowMaker(Protocol):
    """Turns tuples of the driver into what the caller gets."""

    def one(self, values: Sequence[Any]) -> Any:
        """One row."""

    def all(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Many rows, in order: a list, or the bytes of a JSON array."""


class Plan(Protocol):
    """One kind of statement, compiled. Shared by every call of that kind, from any thread."""

    kind: Kind
    returns_rows: bool
    """The statement itself asks for rows: SELECT, or an explicit RETURNING."""
    key: Callable[[Any, Sequence[Any]], Any] | None
    """For an INSERT of one row: (last row id or row of an implicit RETURNING, arguments) -> primary key."""
    key_from_row: bool
    """SQLAlchemy added a RETURNING of its own to learn the primary key."""
    plain: bool
    """Only tables, operators and functions known to leave the session as it is, and nothing else to do or undo when
    it is run again: so its connection needs no reset, and a read of this kind may be repeated."""
    settled: RowMaker | None
    """The maker of plain rows, where one has been made and the statement's columns cannot change."""
    cost: float
    """Seconds the statement took on average of late; 0.0 while unknown. Drivers keep it."""

    def maker(self, description: Description, into: Any = None) -> RowMaker:
        """The row maker for a result with these columns; `into` is the type each row shall become."""


@dataclass(slots=True)
class Call:
    """One statement with its arguments, ready for a driver."""

    plan: Plan
    sql: str
    args: Sequence[Any]
    want: Want
    into: Any = None
    column: Any = 0


@dataclass(frozen=True, slots=True)
class CopyTarget:
    """A table and the columns that an INSERT's arguments go into, each as it is."""

    table: str
    schema: str | None
    columns: tuple[str, ...]


@dataclass(slots=True)
class ManyCall:
    """One statement for many sets of arguments: all of them happen, or none.

    `batches` are runs of equal SQL in the caller's order: (plan, sql, argument tuples).
    """

    batches: list[tuple[Plan, str, list[Sequence[Any]]]]
    into: Any = None
    target: CopyTarget | None = None
    """Where a driver that has a faster way than the INSERT may put the arguments."""

    @property
    def sql(self) -> str:
        """The statement, for errors."""
        return self.batches[0][1]
