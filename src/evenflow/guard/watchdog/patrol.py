"""The watchdog's thread: looks whether the loops run, takes samples where one does not, and has them judged."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from evenflow import observe
from evenflow.guard import catalogue
from evenflow.guard.allowed import reason_at
from evenflow.guard.finding import Finding
from evenflow.guard.watchdog import looking
from evenflow.guard.watchdog.accounting import Collections, Sleeper, Threads, Wake, cpu_of
from evenflow.guard.watchdog.beat import INTERVAL, Beat, Gap
from evenflow.guard.watchdog.blame import blame_step, blame_thread
from evenflow.guard.watchdog.evidence import Episode, Other, Sample
from evenflow.guard.watchdog.hang import HangDump
from evenflow.guard.watchdog.judge import Blocked, Collected, Held, Starved, judge
from evenflow.guard.watchdog.ledger import Ledger

_log = logging.getLogger("evenflow.guard")

_PEEK = 0.04
"""The age of the last beat, in seconds, from which on the loop is looked at."""
_AGAIN = 0.01
_AT_REST = 0.03
_RESTS_AFTER = 10
"""Looks in a row that saw the loop idle."""
_SELDOM = 0.1
_MOST_SAMPLES = 60
_PREPARED_AFTER = 1.0
_NOTED_EVERY = 0.2
"""Seconds between two looks at how much each thread has computed."""


@dataclass(slots=True)
class Watched:
    """A loop that is watched, and what was seen of it since its last beat."""

    beat: Beat
    app: Any
    native: int
    users: set[object] = field(default_factory=set)
    number: int = -1
    samples: list[Sample] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    held: float = 0.0
    stopped: float = 0.0
    not_running: bool = False
    """The loop was stopped, not blocked."""
    idle: int = 0
    """How often in a row it had nothing to do."""

    def begin(self, number: int) -> None:
        """A new time between two beats."""
        self.number = number
        self.samples, self.others = [], []
        self.held = self.stopped = 0.0
        self.not_running = False

    def slept(self, wake: Wake, since: float, until: float) -> None:
        """How the watchdog's own sleep ended, in a time in which the loop did not run."""
        # What the sleep was longer than it should be, and so much of it as is in this time.
        over = wake.held + wake.stopped
        share = max(0.0, min(wake.at, until) - max(wake.at - over, since)) / over if over else 0.0
        self.held += wake.held * share
        self.stopped += wake.stopped * share


class Patrol:
    """One thread for all the loops of a process; it ends when none is left."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._threads = Threads()
        self._collections = Collections()
        self._hang = HangDump()
        self._sleeper = Sleeper()
        self._changing = threading.Lock()
        self._watched: dict[asyncio.AbstractEventLoop, Watched] = {}
        self._thread: threading.Thread | None = None
        self._noted = 0.0
        self._failed = False

    # Called in the loop's thread -----------------------------------------------------------------------------------

    def watch(self, loop: asyncio.AbstractEventLoop, user: object, app: Any, limit: float) -> None:
        """Watches the running loop for `user`, until it says `leave` or the loop is closed."""
        with self._changing:
            there = self._watched.get(loop)
            if there is not None:
                there.users.add(user)
                there.beat.limit = min(there.beat.limit, limit)
                return
            beat = Beat(loop, limit, self._others)
            self._watched[loop] = Watched(beat, app, threading.get_native_id(), {user})
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def leave(self, loop: asyncio.AbstractEventLoop, user: object) -> None:
        """The user needs it no more."""
        with self._changing:
            there = self._watched.get(loop)
            if there is None:
                return
            there.users.discard(user)
            if there.users:
                return
            there.beat.stop()
            del self._watched[loop]
        self._sleeper.wake()

    def _start(self) -> None:
        self._collections.install()
        self._thread = threading.Thread(target=self._run, name="evenflow-watchdog", daemon=True)
        self._thread.start()

    def _others(self, loop_thread: int) -> tuple[Other, ...]:
        return looking.others(loop_thread, self._threads)

    # The thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._threads.watchdog = threading.get_ident()
        self._sleeper.begin()
        delay, began = _AGAIN, time.monotonic()
        while True:
            wake = self._sleeper.sleep(delay)
            with self._changing:
                watched = list(self._watched.items())
                if not watched:
                    self._thread = None
                    self._collections.remove()
                    self._hang.cancel()
                    return
            delay, well = _AT_REST, True
            for loop, each in watched:
                if loop.is_closed():
                    self._drop(loop, each)
                    continue
                until, calm = self._looked(each, wake)
                delay, well = min(delay, until), well and calm
            if well:
                self._hang.put_off()
                self._note(wake.at)
                if wake.at - began > _PREPARED_AFTER:
                    # Read before it is needed, but not while everything starts.
                    catalogue.known()
            delay = max(delay, 0.001)

    def _drop(self, loop: asyncio.AbstractEventLoop, watched: Watched) -> None:
        with self._changing:
            self._watched.pop(loop, None)
        watched.beat.queue.close()

    def _note(self, now: float) -> None:
        if now - self._noted > _NOTED_EVERY:
            self._noted = now
            self._threads.note()

    def _looked(self, watched: Watched, wake: Wake) -> tuple[float, bool]:
        try:
            return self._look(watched, wake)
        except Exception:  # noqa: BLE001 - whatever is wrong here must not end the watch, nor the program
            if not self._failed:
                self._failed = True
                _log.exception("The watchdog failed to judge a block; later errors are not logged")
            return INTERVAL, True

    def _look(self, watched: Watched, wake: Wake) -> tuple[float, bool]:
        """When to look again, in seconds from now, and whether the loop runs."""
        beat = watched.beat
        if beat.rests and not beat.gaps:
            return self._look_at_rest(watched, wake), True
        number, last = beat.number, beat.last
        before = watched.number
        if number == before:
            watched.slept(wake, last, wake.at)
        while beat.gaps:
            self._settle(watched, beat.gaps.popleft(), wake)
        age = time.monotonic() - last
        if number != before:
            watched.begin(number)
            watched.slept(wake, last, wake.at)
        if age < _PEEK:
            watched.idle = 0 if looking.is_busy(beat) else watched.idle + 1
            beat.may_rest = watched.idle >= _RESTS_AFTER
            return _PEEK - age, True
        if not beat.loop.is_running():
            watched.not_running = True
            return INTERVAL, True
        self._sample(watched, wake)
        if age >= beat.limit:
            self._report(watched, number, last)
        return (_AGAIN if age < 0.2 else _SELDOM), age < beat.limit

    def _look_at_rest(self, watched: Watched, wake: Wake) -> float:
        """When to look again at a loop that had nothing to do for a while."""
        beat = watched.beat
        if not beat.loop.is_running():
            watched.not_running = True
            return INTERVAL
        if watched.not_running:
            watched.not_running, watched.idle = False, 0
            beat.rested(None)
            beat.revive()
            return _AGAIN
        if not looking.is_busy(beat) and wake.held < INTERVAL:
            beat.rested(cpu_of(watched.native))
            return _AT_REST
        watched.idle = 0
        watched.begin(beat.number + 1)
        watched.slept(wake, beat.last, wake.at)
        self._sample(watched, wake)
        beat.revive()
        return _AGAIN

    def _sample(self, watched: Watched, wake: Wake) -> None:
        if wake.held > _AGAIN and not watched.others:
            watched.others += self._others(watched.beat.thread)
        taken = looking.sample(watched.beat)
        if taken is not None:
            if len(watched.samples) >= _MOST_SAMPLES:
                del watched.samples[1]
            watched.samples.append(taken)

    def _report(self, watched: Watched, number: int, last: float) -> None:
        """Tells of a block that has not ended."""
        beat = watched.beat
        cpu = cpu_of(watched.native)
        computed = beat.cpu_since(cpu) if cpu is not None else 0.0
        gap = Gap(number, last, time.monotonic(), computed, beat.queued_since(), ())
        verdict = judge(self._episode(watched, gap), beat.limit)
        if isinstance(verdict, Blocked | Held):
            finding = self._finding(verdict, watched)
            if beat.number == number and not _allowed(finding):
                self.ledger.going_on((id(beat), number), finding, verdict.seconds)

    def _settle(self, watched: Watched, gap: Gap, wake: Wake) -> None:
        """Judges a block that has ended."""
        beat, who = watched.beat, (id(watched.beat), gap.number)
        if gap.number != watched.number:
            # It ended before this thread could look: all that is known is what the loop has seen itself.
            watched.samples, watched.others, watched.not_running = [], [], False
            watched.held = watched.stopped = 0.0
        watched.slept(wake, gap.since, gap.until)
        if watched.not_running:
            self.ledger.nothing(who)
            return
        verdict = judge(self._episode(watched, gap), beat.limit)
        if isinstance(verdict, Blocked | Held):
            finding = self._finding(verdict, watched)
            if _allowed(finding):
                self.ledger.nothing(who)
                return
            self.ledger.ended(who, finding, verdict.seconds)
            _emit(beat.loop, finding, verdict.seconds)
            return
        self.ledger.nothing(who)
        if verdict is not None:
            why = {Starved: "starved", Collected: "collected"}.get(type(verdict), "crowded")
            self.ledger.other(why, verdict.seconds)

    def _episode(self, watched: Watched, gap: Gap) -> Episode:
        return Episode(
            since=gap.since,
            until=gap.until,
            interval=INTERVAL,
            cpu=gap.cpu,
            queued=gap.queued,
            stopped=min(watched.stopped, gap.until - gap.since),
            held=watched.held,
            collecting=self._collections.between(gap.since, gap.until, of=watched.beat.thread),
            collecting_elsewhere=self._collections.between(gap.since, gap.until, but=watched.beat.thread),
            samples=tuple(watched.samples),
            others=(*gap.others, *watched.others),
        )

    def _finding(self, verdict: Blocked | Held, watched: Watched) -> Finding:
        if isinstance(verdict, Held):
            return blame_thread(verdict.thief, watched.app)
        return blame_step(verdict.sample, watched.app, computed=verdict.computed)


def _allowed(finding: Finding) -> bool:
    return reason_at(finding.file, finding.line) is not None


def _emit(loop: asyncio.AbstractEventLoop, finding: Finding, seconds: float) -> None:
    if not observe.listening:
        return
    event = observe.LoopBlocked(
        route=finding.route,
        file=finding.file,
        line=finding.line,
        call=finding.call,
        kind=finding.kind,
        chain=tuple(f"{hop.file}:{hop.line} {hop.name}" for hop in finding.chain),
        fix=finding.fix,
        seconds=seconds,
    )
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(observe.emit, event)
