"""Slow queries in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic

from evenflow.observe.events import Event, SlowQuery

_LONGEST = 1000


class SlowQueryLog:
    """A listener that warns of slow queries: one line in `every` seconds at most for each statement.

    At most `most` statements are remembered; the one whose line is oldest is forgotten first.
    """

    def __init__(
        self, logger: logging.Logger, *, every: float = 60.0, most: int = 1000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._logger = logger
        self._every = every
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._told: dict[tuple[str, str], tuple[float, int]] = {}
        """When a statement had its line, and how often it was slow since."""

    def __len__(self) -> int:
        return len(self._told)

    def __call__(self, event: Event) -> None:
        """Write the line, if it is time for one."""
        if not isinstance(event, SlowQuery):
            return
        text = " ".join(event.statement[: 2 * _LONGEST].split())
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        more = self._since_last((event.database, text))
        if more is None:
            return
        where = f" in {event.route}" if event.route else ""
        since = f" ({more} more since the last such line)" if more else ""
        self._logger.warning("Slow query on %s%s: %.2f s%s: %s", event.database, where, event.seconds, since, text)

    def _since_last(self, key: tuple[str, str]) -> int | None:
        """How often it was slow since its last line; None where that is too short ago."""
        with self._lock:
            now = self._clock()
            at, more = self._told.get(key, (now - self._every, 0))
            if now - at < self._every:
                self._told[key] = at, more + 1
                return None
            self._told.pop(key, None)
            if len(self._told) >= self._most:
                del self._told[next(iter(self._told))]
            self._told[key] = now, 0
            return more
