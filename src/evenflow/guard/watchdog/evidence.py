"""What was seen while the loop did not run, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenflow.guard.watchdog.callee import Calling
from evenflow.guard.watchdog.stack import Place


@dataclass(frozen=True, slots=True)
class Sample:
    """The loop's thread at one moment."""

    at: float
    step: object
    """Which step of the loop it was: in one turn of the loop a task has one step. None where the loop was idle."""
    stack: tuple[Place, ...]
    """Of the step, the innermost function first."""
    calling: Calling | None
    scope: Mapping[str, Any] | None
    """Of the request that the step is for."""
    task: Any
    """The task, where the step is for no request."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another thread, at the moment when it let go of the interpreter."""

    at: float
    computed: float
    """Seconds, lately."""
    stack: tuple[Place, ...]
    calling: Calling | None
    scope: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A time in which the loop did not run. All times are in seconds."""

    since: float
    """When it was last known to run."""
    until: float
    interval: float
    """How often it shows that it runs."""
    cpu: float
    """What its thread has computed in this time."""
    queued: float
    """How long its thread was ready and no processor had time for it."""
    stopped: float
    """How long the whole process did not run."""
    held: float
    """How long a thread that wanted the interpreter did not get it."""
    collecting: float
    """How long its thread collected garbage."""
    collecting_elsewhere: float
    """How long another thread did."""
    samples: tuple[Sample, ...]
    others: tuple[Other, ...]

    @property
    def seconds(self) -> float:
        """From beginning to end, at most."""
        return self.until - self.since
