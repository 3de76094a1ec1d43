"""The stacks of all threads on stderr where a loop hangs for seconds, also while no Python code can run.

`faulthandler` has one timer for the whole process. It is left alone where pytest is loaded, which uses it for tests,
and where EVENFLOW_GUARD_HANG is `off`. Whoever else sets it will find it set anew within a second.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import time

from evenflow.guard.watchdog.switch import OFF

AFTER = 6.0
"""Seconds; it is set anew each second while all is well, so that a hang is dumped after 5 to 6."""
_EVERY = 1.0


class HangDump:
    """Sets the timer again and again. What is not set any more for `AFTER` seconds ends in a dump."""

    def __init__(self) -> None:
        self._set = 0.0
        self._wanted = os.environ.get("EVENFLOW_GUARD_HANG", "").strip().lower() not in OFF

    def put_off(self) -> None:
        """All is well for now."""
        now = time.monotonic()
        if not self._wanted or now - self._set < _EVERY:
            return
        if "pytest" in sys.modules:
            self.cancel()
            return
        if sys.__stderr__ is None:
            return
        self._set = now
        try:
            faulthandler.dump_traceback_later(AFTER, file=sys.__stderr__)
        except (OSError, RuntimeError, ValueError):
            # It is closed, or no file.
            self._wanted = False

    def cancel(self) -> None:
        """Nobody is watched any more."""
        if self._set:
            faulthandler.cancel_dump_traceback_later()
            self._set = 0.0
