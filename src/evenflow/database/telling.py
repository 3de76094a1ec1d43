"""What a database tells of itself: events for those who listen, and lines in the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from math import inf

from evenflow import observe
from evenflow.database.url import DatabaseURL

_log = logging.getLogger("evenflow.database")
_slow_log = observe.SlowQueryLog(_log)
_NUMBERS = 10


class Telling:
    """The voice of one database. Whoever calls looks at `observe.listening` or at `slow` first."""

    __slots__ = ("_database", "slow")

    def __init__(self, url: DatabaseURL, slow_query: float | None) -> None:
        place = url.netloc.rpartition("@")[2]
        self._database = f"{url.scheme}://{place}{url.components.path}"
        self.slow = inf if slow_query is None else slow_query
        """Seconds from which on a statement is slow."""

    def slow_query(self, statement: str | None, seconds: float) -> None:
        """A statement was slow; what has no statement is none of the program's."""
        if statement is None:
            return
        event = observe.SlowQuery(database=self._database, statement=statement, route=observe.route(), seconds=seconds)
        _slow_log(event)
        if observe.listening:
            observe.emit(event)

    def lent(self, waited: float) -> None:
        """A connection was lent."""
        observe.emit(observe.ConnectionLent(database=self._database, waited=waited))

    def exhausted(self, waited: float, statement: str | None, waiting: int, holders: Sequence[object]) -> None:
        """A wait was in vain."""
        observe.emit(
            observe.PoolExhausted(
                database=self._database,
                waited=waited,
                statement=statement,
                route=observe.route(),
                waiting=waiting,
                holders=tuple(map(str, holders)),
            )
        )

    def discarded(self, reason: str) -> None:
        """A connection was closed for good."""
        observe.emit(observe.ConnectionDiscarded(database=self._database, reason=reason))

    def retried(self, statement: str, reason: str) -> None:
        """A statement is run once more."""
        observe.emit(observe.CallRetried(database=self._database, statement=statement, reason=reason))

    def kills_lost(self, running: Mapping[int, str | None], reason: str) -> None:
        """Statements may run on at the server, by the numbers of their connections. Looks for itself who listens."""
        some = ", ".join(map(str, list(running)[:_NUMBERS])) + (", …" if len(running) > _NUMBERS else "")
        _log.warning(
            "%d abandoned statement(s) could not be ended on %s and may run on there: %s. Connection: %s",
            len(running),
            self._database,
            reason,
            some,
        )
        if observe.listening:
            for connection, statement in running.items():
                observe.emit(
                    observe.KillLost(database=self._database, connection=connection, statement=statement, reason=reason)
                )
