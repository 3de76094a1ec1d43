"""The step of an event loop that a thread is in, and the verdict on a step that took long."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter_ns
from typing import Any, TypeAlias

from evenflow.guard.steps.clocks import ThreadClock, cpu_of, mark, switches_of
from evenflow.guard.steps.frames import Frame
from evenflow.guard.steps.garbage import spent

MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What the sampler saw of a thread in the middle of a step."""

    at: int
    """Nanoseconds, on the clock of `perf_counter_ns`."""
    cpu: int | None
    """Nanoseconds the thread had computed until then."""
    others: int
    """Nanoseconds the whole process had."""
    asleep: bool | None
    place: tuple[int, int]
    """Identity of the innermost frame, and where it stood."""
    frames: Sequence[Frame]


Judge: TypeAlias = "Callable[[Step, LongStep], None]"


class Step:
    """One thread's steps, one after the other."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.clock = ThreadClock()
        self.begin = 0
        """When the present step began; 0 between steps."""
        self.by_hand = False
        """Whether it was begun in the middle of a step of the loop that nobody had timed."""
        self.used: Any = None
        self.garbage = 0
        self.samples: list[Sample] = []
        self.noted: list[Any] = []
        """What was found by name during this step."""

    def enter(self) -> None:
        """A step begins."""
        self.used = mark()
        self.garbage = spent()
        self.begin = perf_counter_ns()

    def cut(self, judge: Judge, *, last: bool) -> None:
        """The rest of a step is looked at by itself; after the `last` cut, only if the loop times it."""
        by_hand = self.by_hand or not self.begin
        if self.begin:
            leave(self, judge)
        if not (last and by_hand):
            self.enter()
            self.by_hand = by_hand


class _Here(threading.local):
    def __init__(self) -> None:
        self.step = Step()
        all_steps[self.step.thread] = self.step


all_steps: weakref.WeakValueDictionary[int, Step] = weakref.WeakValueDictionary()
"""Of every thread that has run an event loop, for the sampler."""
here = _Here()
"""`here.step` is the calling thread's."""


@dataclass(frozen=True, slots=True)
class LongStep:
    """A step that has ended, with everything known of it."""

    wall: int
    cpu: int
    begin: int
    begin_cpu: int
    switches: int | None
    garbage: int
    """Nanoseconds of its computing that went into collecting garbage."""
    samples: Sequence[Sample]


def leave(step: Step, judge: Judge) -> None:
    """A step ends: `judge` gets it if it was long, or if something was noted in it."""
    begin = step.begin
    wall = perf_counter_ns() - begin
    step.begin = 0
    step.by_hand = False
    if wall < MILLISECOND and not step.noted:
        return
    after = mark()
    before, switched = switches_of(step.used), switches_of(after)
    long = LongStep(
        wall=wall,
        cpu=cpu_of(after) - cpu_of(step.used),
        begin=begin,
        begin_cpu=cpu_of(step.used),
        switches=None if before is None or switched is None else switched - before,
        garbage=spent() - step.garbage,
        samples=[sample for sample in step.samples if sample.at > begin],
    )
    step.samples = []
    judge(step, long)
    step.noted = []


def waits(long: LongStep) -> list[tuple[Sequence[Frame], int]]:
    """Where the thread slept in the kernel, and for how many nanoseconds it was seen to.

    Nothing, for a step that lost its time otherwise: to another process, or waiting for the GIL.
    """
    if long.switches == 0 or long.wall - long.cpu < MILLISECOND:
        return []
    found: dict[tuple[int, int], tuple[Sequence[Frame], int]] = {}
    for earlier, later in pairwise(long.samples):
        if earlier.place == later.place and _slept(earlier, later):
            frames, seen = found.get(later.place, (later.frames, 0))
            found[later.place] = frames, seen + later.at - earlier.at
    return list(found.values())


def computed(long: LongStep) -> list[tuple[Sequence[Frame], int]]:
    """Where the thread computed, and about how many nanoseconds, by the samples."""
    found: dict[tuple[int, int], tuple[Sequence[Frame], int]] = {}
    last, final = long.begin_cpu, long.begin_cpu + long.cpu
    ends = [sample.cpu for sample in long.samples[:-1]] + [final]
    for sample, end in zip(long.samples, ends, strict=True):
        if end is not None and end > last:
            frames, seen = found.get(sample.place, (sample.frames, 0))
            found[sample.place] = frames, seen + end - last
            last = end
    return list(found.values())


def _slept(earlier: Sample, later: Sample) -> bool:
    if earlier.asleep is not None:
        return earlier.asleep and later.asleep is True
    # Without the kernel's word: nobody of this process computed, so nobody was waited for that holds the GIL.
    wall = later.at - earlier.at
    idle = earlier.cpu is None or later.cpu is None or later.cpu - earlier.cpu < wall // 5
    return idle and later.others - earlier.others < wall // 2
