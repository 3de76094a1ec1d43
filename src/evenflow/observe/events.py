"""What is told, as plain data. No event holds a value of a statement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Times are in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseEvent(Event):
    """Something that happened to a database."""

    database: str
    """The database's URL without user, password and options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLent(DatabaseEvent):
    """A connection was lent: on a server for each statement and each transaction; on SQLite for a transaction, a
    `connection()` or an `iterate()`, for statements by themselves are done by threads that are lent to nobody."""

    waited: float
    """How long it was waited for; 0.0 where one was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolExhausted(DatabaseEvent):
    """A wait for a connection was in vain: PoolTimeout."""

    waited: float
    statement: str | None
    """The statement it was wanted for, without its values; None at the start of a transaction."""
    route: str | None
    """The route of the request that waited, if it is known."""
    waiting: int
    """How many others wait."""
    holders: tuple[str, ...]
    """Who holds connections: place, seconds, task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDiscarded(DatabaseEvent):
    """A connection to a server was closed because it was lost or could not be trusted any more."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRetried(DatabaseEvent):
    """A statement that did nothing, or only reads, is run once more on another connection."""

    statement: str
    """Without its values."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowQuery(DatabaseEvent):
    """A statement took longer than `slow_query`, whatever came of it. Waiting for a connection does not count."""

    statement: str
    """Without its values."""
    route: str | None
    """The route of the request that ran it, such as `GET /users/{id}`, if it is known."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KillLost(DatabaseEvent):
    """A statement that nobody waits for any more could not be ended on the server, and may run on there."""

    connection: int
    """The server's number of the connection, or of the process that serves it."""
    statement: str | None
    """Without its values; None where it is not known."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopBlocked(Event):
    """Something kept the event loop from running. Told by the loop itself, as soon as it runs again."""

    route: str | None
    """The route that is to blame, such as `GET /users/{id}`, or what else it is: `lifespan`, `task refresh`."""
    file: str
    line: int
    """The line of the program that made the call; an empty file and 0 where nothing of the program is to blame."""
    call: str
    """What was called, by its full name, such as `requests.get`."""
    kind: str
    """What the loop's thread did meanwhile: waits, cpu, disk, lock, gil, host."""
    chain: tuple[str, ...]
    """From the route's function to the call, each as `file:line function`."""
    fix: str
    """What to write instead."""
    seconds: float
