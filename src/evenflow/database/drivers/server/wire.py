"""What a driver for a database server must be able to do with one connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.engine import Dialect

from evenflow.database.driver import Begin, Listen
from evenflow.database.plan import Call, ManyCall
from evenflow.database.telling import Telling


class WireCursor(Protocol):
    """An open result of a wire, read piece by piece."""

    async def fetch(self, size: int) -> list[Any]:
        """At most `size` further rows, made by the plan's maker; fewer only at the end."""

    async def close(self) -> None:
        """Forget what has not been fetched, so that the wire can do something else."""


class Wire(Protocol):
    """One connection to a server. One task at a time uses it; it knows nothing of pools and scopes.

    Its methods raise Evenflow's errors, with the driver's as their cause: ConnectionLost where the connection is
    gone, QueryError and its kin where the server refused the statement and the connection is as good as before.
    After anything else (a cancellation above all) its state is unknown until `recover` has come back.
    """

    interleaves: bool
    """Whether other statements can run while a cursor is open, inside a transaction."""
    altered: bool
    """Whether the session may have been changed (SET, temporary tables, advisory locks): `reset` before it goes to
    somebody else. `run` and its kin set it for every plan that is not `plain`; whoever uses `raw` sets it himself."""

    @property
    def raw(self) -> Any:
        """The driver's own connection."""

    @property
    def lost(self) -> bool:
        """Whether the connection is closed, by whichever side. Costs no round trip."""

    @property
    def in_transaction(self) -> bool:
        """Whether the server has said that a transaction is open. Only after a finished call."""

    async def run(self, call: Call) -> Any:
        """One statement, answered as `call.want` asks."""

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments: the number of rows, or the rows of a RETURNING.

        Whoever calls sees to it that a transaction is open, unless `is_atomic(call)`.
        """

    def is_atomic(self, call: ManyCall) -> bool:
        """Whether `run_many` is all or nothing by itself, without a transaction around it."""

    async def open_cursor(self, call: Call) -> WireCursor:
        """The rows of a statement. A transaction is open where `interleaves`."""

    async def begin(self, begin: Begin) -> None:
        """Start a transaction, by SQL of our own."""

    async def command(self, sql: str) -> None:
        """COMMIT, ROLLBACK, SAVEPOINT …: no arguments, no rows."""

    async def recover(self) -> None:
        """Come back when what was cancelled has ended on the server and the wire can be used again.

        The transaction may be as it was, or broken. Raises ConnectionLost where the wire cannot be saved.
        """

    async def reset(self) -> None:
        """Make the session as new."""

    async def close(self) -> None:
        """Say goodbye and close."""

    def abort(self) -> None:
        """Close at once. What still runs on the server is ended as far as that needs no waiting."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How a pool of connections is kept. Times are in seconds."""

    min_size: int
    max_size: int
    max_idle: float
    max_age: float
    pool_timeout: float
    max_waiting: int
    reset: str


class Server(Protocol):
    """Makes wires to one server (or one of several hosts) and knows its ways."""

    dialect: Dialect
    """SQLAlchemy's, as it is before a connection; `connect` teaches it what the server can do."""
    ddl_commits: bool
    """Whether CREATE and its like end the transaction they are in."""
    tables: str
    """The query that lists the names of the tables there are."""
    settings: PoolSettings
    telling: Telling
    """Who tells what happens here."""
    listen: Listen | None
    """How to hear notifications, where the server has them."""

    async def connect(self) -> Wire:
        """A new connection. Raises CannotOpen, which is `transient` where trying again may help."""

    async def finish(self) -> None:
        """Wait, for a few seconds at most, until what `abort` has left to do in the background is done."""

    def teach(self, wire: Wire) -> bool:
        """Let `dialect` know the server's version and abilities; says whether that changed anything."""
