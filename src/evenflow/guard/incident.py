"""What blocked the event loop of an app that serves, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evenflow.guard.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause, and how often and how long it has blocked the loop so far."""

    finding: Finding
    """As it was found last."""
    count: int
    milliseconds: float
    """All of them together."""
    longest: float
    """The longest one, in milliseconds."""

    def as_json(self) -> dict[str, Any]:
        """The keys of a finding, with `ms` (all together), `longest_ms` and `count`."""
        times = {"ms": round(self.milliseconds, 1), "longest_ms": round(self.longest, 1), "count": self.count}
        return self.finding.as_json() | times
