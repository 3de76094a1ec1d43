"""Python's thread switch interval: short only while threads are late and may be waiting for the interpreter's lock."""

from __future__ import annotations

import sys
from threading import Lock

LATE = 0.001
"""Seconds after which a ticket that is not done may be held up by the loop."""

_lock = Lock()
_wishes = 0
_before = 0.0


class SwitchInterval:
    """A wish for a short interval. The interval is the whole process's, and so is the count of wishes.

    A loop with many short callbacks gives the interpreter's lock back at each turn and has it again before a
    waiting thread is awake. The thread may demand it only when it has waited a whole interval without a turn, so
    with Python's 5 ms it can starve for seconds. But a short interval costs where nobody is in the way: every wait
    arms a timer that comes before the kernel's own tick (bench_sqlite_writes at one task: 7-10 us a statement).
    """

    __slots__ = ("_seconds", "_wished")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._wished = False

    def shorten(self, wished: bool) -> None:
        """Wish for the short interval, or do not any more. From any thread."""
        global _wishes, _before
        if wished is self._wished or not self._seconds:
            return
        with _lock:
            if wished is self._wished:
                return
            self._wished = wished
            if wished:
                _wishes += 1
                if _wishes == 1:
                    _before = sys.getswitchinterval()
                    sys.setswitchinterval(min(self._seconds, _before))
            else:
                _wishes -= 1
                if _wishes == 0:
                    sys.setswitchinterval(_before)
