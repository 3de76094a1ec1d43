"""What was found so far: by cause, bounded, in the log once a minute, and told to whoever listens."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from evenflow.guard.finding import Finding
from evenflow.guard.incident import Incident

_log = logging.getLogger("evenflow.guard")

_EVERY = 60.0
"""Seconds between two lines of one cause."""
_MOST = 200
"""Causes that are remembered."""
_LONG = 1.0
"""Seconds from which on the end of a block is worth a line, after the one that told of it."""
_MOST_BYTES = 10_000_000
"""Of the file; one older file is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardStatistics:
    """What has blocked the event loops of this process since it started."""

    incidents: int
    """How often the program blocked a loop for longer than the limit."""
    blocked_seconds: float
    """All of them together."""
    worst: tuple[Incident, ...]
    """The ten causes that took the most time."""
    starved_seconds: float
    """How long the machine had no time for the loop; no fault of the program's, and no incident."""
    collected_seconds: float
    """How long the loop stood still for the garbage collector. No incident either."""
    crowded_seconds: float
    """How long the loop was late because of many short steps: it has too much to do."""


@dataclass(slots=True)
class _Cause:
    finding: Finding
    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    told_at: float = field(default=float("-inf"))
    untold: int = 0
    untold_seconds: float = 0.0

    def add(self, finding: Finding, seconds: float) -> None:
        self.finding = finding
        self.count += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)

    def incident(self) -> Incident:
        return Incident(
            finding=self.finding, count=self.count, milliseconds=self.seconds * 1000, longest=self.longest * 1000
        )


@dataclass(frozen=True, slots=True)
class _GoingOn:
    finding: Finding
    seconds: float
    """When it was last looked at."""
    told: bool
    """Whether its line was written."""


class Ledger:
    """The incidents of this process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.file: str | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._causes: dict[tuple[object, ...], _Cause] = {}
        self._going_on: dict[object, _GoingOn] = {}
        self._incidents = 0
        self._seconds = 0.0
        self._other = {"starved": 0.0, "collected": 0.0, "crowded": 0.0}

    def statistics(self) -> GuardStatistics:
        """As of now; a block that goes on is in it."""
        with self._lock:
            going_on = list(self._going_on.values())
            causes = {key: replace(cause) for key, cause in self._causes.items()}
            for one in going_on:
                causes.setdefault(_key(one.finding), _Cause(one.finding)).add(one.finding, one.seconds)
            worst = sorted((cause for cause in causes.values() if cause.count), key=lambda cause: -cause.seconds)
            return GuardStatistics(
                incidents=self._incidents + len(going_on),
                blocked_seconds=self._seconds + sum(one.seconds for one in going_on),
                worst=tuple(cause.incident() for cause in worst[:10]),
                starved_seconds=self._other["starved"],
                collected_seconds=self._other["collected"],
                crowded_seconds=self._other["crowded"],
            )

    def going_on(self, who: object, finding: Finding, seconds: float) -> None:
        """A block that has not ended yet; its line is written when this is first said."""
        with self._lock:
            before = self._going_on.get(who)
            cause = self._cause(finding)
            told = before.told if before is not None else self._is_time(cause)
            self._going_on[who] = _GoingOn(finding, seconds, told)
        if before is None and told:
            self._write(cause, seconds, "That is so far: it goes on.")

    def ended(self, who: object, finding: Finding, seconds: float) -> None:
        """A block that is over."""
        with self._lock:
            before = self._going_on.pop(who, None)
            cause = self._cause(finding)
            cause.add(finding, seconds)
            self._incidents += 1
            self._seconds += seconds
            line = finding.as_json() | {"ms": round(seconds * 1000, 1), "count": cause.count}
            known = before is not None and before.told and _key(before.finding) == _key(finding)
            told = not known and self._is_time(cause)
            if not known and not told:
                cause.untold += 1
                cause.untold_seconds += seconds
        if self.file is not None:
            _append(Path(self.file), json.dumps(line, ensure_ascii=False) + "\n")
        if told:
            self._write(cause, seconds)
        elif known and before is not None and seconds >= max(_LONG, 2 * before.seconds):
            _log.warning(
                "The event loop runs again: %s (%s:%d) blocked it for %.1f s in all.",
                *(finding.call, finding.file, finding.line, seconds),
            )

    def nothing(self, who: object) -> None:
        """What went on was no block after all."""
        with self._lock:
            self._going_on.pop(who, None)

    def other(self, why: str, seconds: float) -> None:
        """The loop was late for a reason that is no fault of a line: `starved`, `collected`, `crowded`."""
        with self._lock:
            self._other[why] += seconds

    def _cause(self, finding: Finding) -> _Cause:
        key = _key(finding)
        found = self._causes.get(key)
        if found is None:
            if len(self._causes) >= _MOST:
                del self._causes[min(self._causes, key=lambda each: self._causes[each].seconds)]
            found = self._causes[key] = _Cause(finding)
        return found

    def _is_time(self, cause: _Cause) -> bool:
        now = self._clock()
        if now - cause.told_at < _EVERY:
            return False
        cause.told_at = now
        return True

    def _write(self, cause: _Cause, seconds: float, more: str = "") -> None:
        from evenflow.guard import message  # only where there is something to say

        count = cause.untold + 1
        text = message.text(
            cause.finding,
            milliseconds=(cause.untold_seconds + seconds) * 1000,
            count=count if count > 1 else None,
            color=_in_color(),
        )
        cause.untold, cause.untold_seconds = 0, 0.0
        _log.warning("%s", f"{text}\n{more}" if more else text)


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.kind, finding.route, finding.file, finding.line, finding.call


def _in_color() -> bool:
    with suppress(AttributeError, ValueError):
        return sys.stderr.isatty() and "NO_COLOR" not in os.environ
    return False


_unwritable: set[Path] = set()


def _append(file: Path, line: str) -> None:
    try:
        if file.exists() and file.stat().st_size > _MOST_BYTES:
            file.replace(file.with_name(file.name + ".1"))
        with file.open("a", encoding="utf-8") as opened:
            opened.write(line)
    except OSError as error:
        if file not in _unwritable:
            _unwritable.add(file)
            _log.warning("The guard's log %s cannot be written: %s.", file, error.strerror or error)
