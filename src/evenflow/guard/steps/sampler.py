"""A thread that looks at event loops whose present step takes longer than a millisecond."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from types import FrameType

from evenflow.guard.steps.frames import Frame, innermost_of_program, stack
from evenflow.guard.steps.step import MILLISECOND, Sample, Step, all_steps

_PERIOD = 0.001
_PERIOD_WITHOUT_LOOPS = 0.02


def place_of(thread: threading.Thread) -> tuple[str, int] | None:
    """The innermost line of the program that a thread is at; None where it runs none of its code."""
    return innermost_of_program(sys._current_frames().get(thread.ident or 0))


class Sampler:
    """Samples the stacks of long steps until it is stopped."""

    def __init__(self) -> None:
        self._stopping = _thread.allocate_lock()
        self._stopping.acquire()
        self._thread = threading.Thread(target=self._run, name="evenflow-guard-sampler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, and waits until it has ended."""
        self._stopping.release()
        self._thread.join()

    def _run(self) -> None:
        # A lock, because it is the one wait with a bound that raises no audit event and runs no Python.
        while not self._stopping.acquire(timeout=_PERIOD if all_steps else _PERIOD_WITHOUT_LOOPS):
            steps = list(all_steps.values())
            now = time.perf_counter_ns()
            for step in steps:
                begin = step.begin
                if begin and now - begin > _due(step, begin):
                    _look(step, begin)


def _due(step: Step, begin: int) -> int:
    """The older a step, the rarer the samples: a few hundred are enough for any."""
    last = step.samples[-1].at if step.samples else 0
    if last <= begin:
        return MILLISECOND // 2
    return last - begin + max(MILLISECOND // 2, (last - begin) // 50)


def _look(step: Step, begin: int) -> None:
    frame = sys._current_frames().get(step.thread)
    if frame is None:
        return
    place = id(frame), frame.f_lasti
    asleep, cpu = step.clock.asleep(), step.clock.cpu()
    frames = _frames(step, place, frame)
    if step.begin != begin or (id(frame), frame.f_lasti) != place:
        if step.begin != begin:
            return
        asleep = False  # it went on meanwhile, so it was no long sleep
    step.samples.append(Sample(time.perf_counter_ns(), cpu, time.process_time_ns(), asleep, place, frames))


def _frames(step: Step, place: tuple[int, int], frame: FrameType) -> list[Frame]:
    if step.samples and step.samples[-1].place == place:
        return list(step.samples[-1].frames)
    return stack(frame)
