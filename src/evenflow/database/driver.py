"""The port every database driver implements. Drivers know connections; they know nothing of tasks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol

from sqlalchemy.engine import Dialect

from evenflow.database.holder import Holder
from evenflow.database.plan import Call, ManyCall


class Mode(Enum):
    """What a lent connection is for."""

    WRITE = "write"  # a transaction that may write
    READ = "read"  # a transaction on a snapshot that only reads
    PRIVATE = "private"  # a connection of one's own: temporary tables, raw access


Isolation = Literal["read uncommitted", "read committed", "repeatable read", "serializable"]


@dataclass(frozen=True, slots=True)
class Begin:
    """How a transaction starts."""

    isolation: Isolation | None = None
    """None leaves it to the database."""
    readonly: bool = False
    deferrable: bool = False
    """PostgreSQL: wait for a snapshot that no serialization failure can hit."""


class Cursor(Protocol):
    """An open result, read piece by piece."""

    async def fetch(self) -> list[Any]:
        """The next rows; an empty list at the end."""

    def release(self) -> None:
        """Give the result and what it holds back. May be called twice, from any thread, without a loop."""


class Executor(Protocol):
    """Something statements can be run on: the whole database, or one lent connection.

    A cancelled call is stopped in the database too, and never harms another one.
    """

    def run(self, call: Call) -> Awaitable[Any]:
        """One statement; to be awaited at once."""

    def run_many(self, call: ManyCall) -> Awaitable[Any]:
        """One statement for many sets of arguments, atomic: the number of rows, or the rows of a RETURNING."""

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """The rows of a statement, piece by piece."""


class Session(Executor, Protocol):
    """A connection lent to one scope. Its statements run one after another, in the order they come."""

    async def begin(self, begin: Begin) -> None:
        """Start a transaction."""

    async def commit(self) -> None:
        """Commit. Where that fails the transaction is rolled back, and the error says why."""

    async def rollback(self) -> None:
        """Roll the transaction back; nothing happens where there is none."""

    async def savepoint(self, name: str) -> None:
        """Mark a point to return to."""

    async def release_savepoint(self, name: str) -> None:
        """Forget the point, keep the work."""

    async def rollback_to(self, name: str) -> None:
        """Undo the work since the point, and forget the point."""

    async def call(self, function: Callable[[Any], Any]) -> Any:
        """`function(raw connection of the driver)`, where the connection lives."""

    def release(self) -> None:
        """Give the connection back; an open transaction is rolled back. Never blocks."""


class Listening(Protocol):
    """A connection that hears what is sent to its channels."""

    async def answers(self) -> bool:
        """Whether the server still answers."""

    async def close(self) -> None:
        """Say goodbye and close. Never raises."""

    def abort(self) -> None:
        """Close at once."""


class Listen(Protocol):
    """Opens a connection that listens."""

    async def __call__(
        self, channels: Sequence[str], heard: Callable[[str, str, int], None], lost: Callable[[], None]
    ) -> Listening:
        """`heard(channel, payload, pid)` is called in the loop for each notification, `lost()` where the connection is
        closed by anybody else than us. Raises CannotOpen, which is `transient` where trying again may help."""


@dataclass(frozen=True, slots=True)
class DatabaseStatistics:
    """What a database is doing. Counts are since `connect()`."""

    connections: int
    """Open connections."""
    lent: int
    """Connections in the hands of a transaction, an `iterate()` or a `connection()`."""
    waiting: int
    """Statements and transactions that no connection has taken yet."""
    reads: int
    """Statements run that read."""
    writes: int
    """Statements run that may write; an `execute_many` is one."""
    commits: int
    """Commits of autocommit writes; on SQLite fewer than the writes where they were grouped."""
    holders: tuple[str, ...]
    """Who holds the lent connections: place, seconds, task."""
    waited: int = 0
    """Servers: times somebody had to wait for a connection."""
    exhausted: int = 0
    """Times somebody waited for a connection or a turn in vain."""
    discarded: int = 0
    """Servers: connections closed because they were lost or could not be trusted any more."""
    retried: int = 0
    """Servers: reads run a second time because their connection turned out to be lost."""
    listening: int = 0
    """PostgreSQL: connections of `listen()`, beyond those of the pool."""


class Driver(Executor, Protocol):
    """One database."""

    dialect: Dialect
    taught: bool
    """Whether opening changed the dialect: the server's version or abilities were not those assumed."""
    patience: float
    """Seconds that a wait for a turn may last."""
    ddl_commits: bool
    """Whether CREATE and its like end the transaction they are in."""
    tables: str
    """The query that lists the names of the tables there are."""
    listen: Listen | None
    """How to hear notifications, where the database has them."""

    async def open(self) -> None:
        """Open what must be open before the first statement. Raises CannotOpen."""

    async def close(self) -> None:
        """Close everything. Statements still waiting get NotConnected."""

    async def lend(self, mode: Mode, holder: Holder) -> Session:
        """A connection of one's own. Raises PoolTimeout where none comes free in time."""

    def statistics(self) -> DatabaseStatistics:
        """The state of now."""
