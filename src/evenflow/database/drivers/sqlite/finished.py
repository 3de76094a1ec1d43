"""Results of a reader on their way to the loop: handed over together, because waking the loop is dear."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic

from evenflow.database.drivers.sqlite.ticket import Outcome, settle

_BATCH = 256
_BATCH_SECONDS = 0.002


class Finished:
    """Outcomes of one reader for one loop that wait to be handed over together."""

    __slots__ = ("loop", "outcomes", "since", "told")

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = loop
        self.outcomes: deque[Outcome] = deque()
        self.since = 0.0
        self.told = True
        """Whether the loop has been woken for all there are."""

    def add(self, outcome: Outcome) -> None:
        """Let an outcome wait with the others."""
        if not self.outcomes:
            self.since = monotonic()
        self.outcomes.append(outcome)
        self.told = False

    def is_due(self) -> bool:
        """Whether they have become many, or old."""
        return len(self.outcomes) >= _BATCH or monotonic() - self.since > _BATCH_SECONDS

    def deliver(self) -> None:
        """Wake the loop to take them. From any thread, and more often than needed."""
        self.told = True
        if self.loop is not None:
            with suppress(RuntimeError):  # a closed loop has nobody left who waits
                self.loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        # Taken all at once: what the reader adds meanwhile comes with its own wake-up.
        taken = [self.outcomes.popleft() for _ in range(len(self.outcomes))]
        settle(taken)
