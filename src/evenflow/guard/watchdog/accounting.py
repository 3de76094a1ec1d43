"""Where the time of threads went: computing, waiting for a processor, waiting for the interpreter, garbage.

What a system does not tell counts as zero; then a block is judged by its stack alone.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

try:
    import resource

    _SWITCHES = getattr(resource, "RUSAGE_THREAD", None)
except ImportError:
    _SWITCHES = None

_LINUX = sys.platform.startswith("linux")
_SHORT = 0.01
_NOTICED = 0.005
"""Pauses of the collector that are shorter do not count."""


def cpu_of(native_id: int) -> float | None:
    """The seconds that any thread of this process has computed; None where it ended or the system does not tell."""
    if not _LINUX:
        return None
    try:
        # The clock of another thread, as Linux numbers them. `pthread_getcpuclockid` would crash for one that ended.
        return time.clock_gettime((~native_id << 3) | 6)
    except OSError:
        return None


class RunQueue:
    """How long a thread was ready to run and no processor had time for it."""

    def __init__(self, native_id: int) -> None:
        self._file = -1
        with suppress(OSError):
            self._file = os.open(f"/proc/self/task/{native_id}/schedstat", os.O_RDONLY | os.O_CLOEXEC)

    def seconds(self) -> float:
        """Since the thread began; 0.0 where the system does not tell."""
        try:
            return int(os.pread(self._file, 100, 0).split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def close(self) -> None:
        """Ends the use of a file that this holds."""
        file, self._file = self._file, -1
        with suppress(OSError):
            os.close(file)


@dataclass(frozen=True, slots=True)
class Wake:
    """How a thread's sleep ended."""

    at: float
    held: float
    """Seconds that it was awake and waited for the interpreter."""
    stopped: float
    """Seconds that it did not run at all: the process was stopped, or no processor had time for it."""


class Sleeper:
    """Sleeps in one thread, and tells why it woke late."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._at = self._cpu = 0.0
        self._switches = self._sleeps = 0

    def begin(self) -> None:
        """Called in the thread that is going to sleep."""
        self._at, self._cpu = time.monotonic(), time.thread_time()
        self._switches, self._sleeps = _switches(), 0

    def sleep(self, seconds: float) -> Wake:
        """Sleeps that long, or until somebody calls `wake`."""
        # hot: bench_guard, for what an idle server costs
        before = self._at
        self._lock.acquire(timeout=seconds)
        self._at = time.monotonic()
        self._sleeps += 1
        # Between two sleeps, too, it may have to wait for the interpreter.
        over = self._at - before - seconds
        return Wake(self._at, 0.0, 0.0) if over < _SHORT else self._late(over)

    def _late(self, over: float) -> Wake:
        cpu, switches, sleeps = self._cpu, self._switches, self._sleeps
        self.begin()
        over -= self._cpu - cpu
        # A thread that wants the interpreter asks for it again and again; one that does not run does nothing.
        asked = self._switches - switches - sleeps
        if switches < 0 or asked >= 0.3 * over / sys.getswitchinterval():
            return Wake(self._at, over, 0.0)
        return Wake(self._at, 0.0, over)

    def wake(self) -> None:
        """Ends the sleep."""
        with suppress(RuntimeError):
            self._lock.release()


def _switches() -> int:
    return resource.getrusage(_SWITCHES).ru_nvcsw if _SWITCHES is not None else -1


class Threads:
    """How much each thread of the process has computed lately."""

    def __init__(self) -> None:
        self.watchdog = 0
        """The thread that counts."""
        self._before: Mapping[int, float] = {}
        self._native: dict[int, int] = {}

    def note(self) -> None:
        """Begins to count anew."""
        self._native = {
            each.ident: each.native_id for each in threading.enumerate() if each.ident and each.native_id is not None
        }
        self._before = {ident: cpu_of(native) or 0.0 for ident, native in self._native.items()}

    def computed(self, ident: int) -> float | None:
        """The seconds that the thread has computed since; None where that is not known."""
        native = self._native.get(ident)
        if native is None:
            # A young thread: it has done all that it did since.
            native = next((each.native_id for each in threading.enumerate() if each.ident == ident), None)
        spent = cpu_of(native) if native is not None else None
        return None if spent is None else spent - self._before.get(ident, 0.0)


class Collections:
    """The pauses of the garbage collector."""

    def __init__(self) -> None:
        self._began = 0.0
        self._pauses: deque[tuple[float, float, int]] = deque(maxlen=32)

    def install(self) -> None:
        """Listen to the collector."""
        if self._told not in gc.callbacks:
            gc.callbacks.append(self._told)

    def remove(self) -> None:
        """Listen no more."""
        with suppress(ValueError):
            gc.callbacks.remove(self._told)

    def between(self, since: float, until: float, *, of: int | None = None, but: int | None = None) -> float:
        """The seconds of this time that were pauses of one thread, or of all but one."""
        pauses = [each for each in list(self._pauses) if (each[2] == of if of is not None else each[2] != but)]
        return sum(max(0.0, min(end, until) - max(began, since)) for began, end, _ in pauses)

    def _told(self, phase: str, info: Mapping[str, int]) -> None:
        # hot: bench_guard, at each collection of the youngest objects
        if phase == "start":
            self._began = time.monotonic()
            return
        now = time.monotonic()
        if now - self._began > _NOTICED:
            self._pauses.append((self._began, now, threading.get_ident()))
