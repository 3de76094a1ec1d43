"""Gathers what all sources see, and gives it to whoever collects."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FrameType

from evenflow.guard.finding import Finding
from evenflow.guard.steps.blame import Rules, Verdict, blame, is_catalogued_work
from evenflow.guard.steps.event import Category, Event
from evenflow.guard.steps.frames import Frame, innermost_of_program, stack
from evenflow.guard.steps.routes import route_of_scope
from evenflow.guard.steps.step import MILLISECOND, LongStep, Step, all_steps, computed, waits

CPU_LIMIT = 0.010
_CATALOGUED_WORK = 2 * MILLISECOND
"""Of computing that the catalogue knows, less is enough: it grows with its data."""
_TRACED = 5
"""How much slower code may be under a debugger or coverage."""
_TRIES = 20


class LoopBlocked(BaseException):
    """Raised at the call that blocks, with `strict`: no `except Exception` of the app swallows it."""


@dataclass(slots=True)
class Hit:
    """Something found while a collection was open."""

    finding: Finding
    category: Category
    fails: bool
    """Whether it is a mistake for sure; otherwise it is advice."""
    milliseconds: float | None = None
    """For how long the loop stood still in that step; None where nobody measured it."""
    scope: Mapping[str, object] | None = None

    def find_route(self) -> None:
        """A middleware runs before the route is found: looks again, later."""
        if self.scope is not None and self.finding.route is None:
            self.finding = replace(self.finding, route=route_of_scope(self.scope))


@dataclass(slots=True)
class Collected:
    """What was found between two points in time."""

    rules: Rules
    strict: bool = False
    cpu_limit: float = CPU_LIMIT
    """Seconds of computing in one step of the loop, from which on it is a mistake."""
    hits: list[Hit] = field(default_factory=list)
    _tried: dict[tuple[Category, tuple[str, int]], int] = field(default_factory=dict)

    @property
    def failures(self) -> list[Hit]:
        """The mistakes."""
        return [hit for hit in self.hits if hit.fails]

    @property
    def advice(self) -> list[Hit]:
        """What is slow maybe, or only now."""
        return [hit for hit in self.hits if not hit.fails]

    def tries(self, category: Category, place: tuple[str, int]) -> bool:
        """Whether it is worth to look at that place once more: a loop may come there ten thousand times."""
        count = self._tried[category, place] = self._tried.get((category, place), 0) + 1
        return count <= _TRIES

    def add(self, verdict: Verdict, milliseconds: float | None) -> Hit:
        """Notes it, once for each line."""
        for hit in self.hits:
            if (hit.finding.file, hit.finding.line) == (verdict.finding.file, verdict.finding.line):
                if verdict.fails and not hit.fails:
                    hit.finding, hit.category, hit.fails = verdict.finding, verdict.category, True
                return hit
        hit = Hit(verdict.finding, verdict.category, verdict.fails, milliseconds, verdict.scope)
        self.hits.append(hit)
        return hit


collecting: list[Collected] = []
"""Who collects; only the innermost gets what is found."""


class _Busy(threading.local):
    on = False


_busy = _Busy()
"""While findings are made: that opens files itself."""


def on_a_loop() -> Step | None:
    """The step of the calling thread, if it runs an event loop now."""
    step = all_steps.get(threading.get_ident())
    if step is not None and step.begin:
        return step
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return None
    return step or Step()


def saw(event: Event, frame: FrameType | None) -> None:
    """A call was seen in the calling thread, made from `frame`. Raises LoopBlocked if the collection is strict."""
    if not collecting or _busy.on:
        return
    step = on_a_loop()
    if step is None:
        return
    collected = collecting[-1]
    place = innermost_of_program(frame)
    if place is None or not collected.tries(event.category, place):
        return
    _busy.on = True
    try:
        hit = _note(collected, step, stack(frame), event)
    finally:
        _busy.on = False
    if hit is not None and hit.fails and collected.strict:
        raise LoopBlocked(f"{hit.finding.call} blocks the event loop ({hit.finding.file}:{hit.finding.line})")


def judge(step: Step, long: LongStep) -> None:
    """A step has ended that was long, or in which something was seen."""
    milliseconds = long.wall / MILLISECOND
    noted: list[Hit] = step.noted
    for hit in noted:
        hit.milliseconds = max(hit.milliseconds or 0.0, milliseconds)
    if not collecting or _busy.on or not long.samples:
        return
    _busy.on = True
    try:
        _judge_samples(collecting[-1], long, noted)
    finally:
        _busy.on = False


def _note(collected: Collected, step: Step, frames: Sequence[Frame], event: Event) -> Hit | None:
    verdict = blame(frames, event, collected.rules)
    if verdict is None:
        return None
    hit = collected.add(verdict, None)
    step.noted.append(hit)
    return hit


def _judge_samples(collected: Collected, long: LongStep, noted: Sequence[Hit]) -> None:
    for frames, seen in waits(long):
        _settle(collected, blame(frames, Event("wait"), collected.rules), noted, seen)
    limit = collected.cpu_limit * 1e9 * (_TRACED if _is_traced() else 1)
    least = min(limit, _CATALOGUED_WORK)
    if long.cpu - long.garbage < least:
        return
    total, heaviest, verdict = 0, 0, None
    for frames, seen in computed(long):
        blamed = blame(frames, Event("cpu"), collected.rules)
        if blamed is None:
            continue
        if seen - long.garbage >= least and is_catalogued_work(frames, collected.rules.catalogue):
            _settle(collected, blamed, noted, seen)
            continue
        total += seen
        if seen > heaviest:
            heaviest, verdict = seen, blamed
    if total - long.garbage >= limit:
        _settle(collected, verdict, noted, total)


def _settle(collected: Collected, verdict: Verdict | None, noted: Sequence[Hit], nanoseconds: int) -> None:
    """Notes what a step showed, unless the same function was found by the name of its call."""
    if verdict is None:
        return
    mine = verdict.finding
    if any(hit.finding.file == mine.file and hit.finding.chain[-1:] and _same(hit.finding, mine) for hit in noted):
        return
    collected.add(verdict, nanoseconds / MILLISECOND)


def _same(one: Finding, other: Finding) -> bool:
    return one.chain[-1].name == other.chain[-1].name if one.chain and other.chain else one.line == other.line


def _is_traced() -> bool:
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and any(monitoring.get_tool(tool) for tool in range(4))
