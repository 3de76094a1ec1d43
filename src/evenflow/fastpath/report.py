"""What became of each route, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evenflow.fastpath.plan import Entry


@dataclass(frozen=True, slots=True)
class RouteReport:
    """One route."""

    path: str
    methods: tuple[str, ...]
    endpoint: Any
    compiled: bool
    reason: str | None
    """Why it is not compiled."""

    @classmethod
    def of(cls, entry: Entry) -> RouteReport:
        """What is said of one entry of the table."""
        methods = tuple(sorted(entry.methods or ()))
        return cls(entry.path, methods, entry.endpoint, entry.plan is not None, entry.reason)


@dataclass(frozen=True, slots=True)
class Report:
    """All routes of an app, in the order in which they are asked."""

    routes: tuple[RouteReport, ...]
    off: str | None
    """Why the whole app is served by FastAPI alone; None if it is not."""
