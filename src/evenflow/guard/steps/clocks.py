"""What the system knows of one thread: the time it computed, how often it went to sleep, and whether it sleeps now."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import threading
import time
from typing import Any

if sys.platform != "win32":
    import resource

_LINUX = sys.platform == "linux"
_FUTEX = {"x86_64": b"202", "aarch64": b"98"}.get(platform.machine())

if _LINUX:

    def mark() -> Any:
        """What the calling thread has used so far; `cpu_of` and `switches_of` read it. Called at every step: cheap."""
        return resource.getrusage(resource.RUSAGE_THREAD)

else:
    mark = time.thread_time_ns


def cpu_of(mark: Any) -> int:
    """Nanoseconds of computing."""
    return mark if isinstance(mark, int) else int((mark.ru_utime + mark.ru_stime) * 1e9)


def switches_of(mark: Any) -> int | None:
    """How often the thread let go of its processor by itself; None where the system does not tell."""
    return None if isinstance(mark, int) else mark.ru_nvcsw


class ThreadClock:
    """Looks at a thread from another one. Made in the thread itself."""

    def __init__(self) -> None:
        self._clock = time.pthread_getcpuclockid(threading.get_ident()) if _LINUX else None
        self._calls: int | None = None
        if _LINUX:
            # Hardened systems do not show it.
            with contextlib.suppress(OSError):
                path = f"/proc/self/task/{threading.get_native_id()}/syscall"
                self._calls = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def cpu(self) -> int | None:
        """Nanoseconds of computing; None where one thread cannot read it of another."""
        try:
            return time.clock_gettime_ns(self._clock) if self._clock is not None else None
        except OSError:
            return None  # the thread has ended

    def asleep(self) -> bool | None:
        """Whether it sleeps in the kernel, for something other than the GIL; None where the system does not tell.

        Whoever waits for the GIL sleeps on a futex with a timeout. A lock without a timeout has none, and all other
        waits are other calls. (A lock with one is taken for the GIL: the patched methods know it by its name.)
        """
        if self._calls is None:
            return None
        try:
            words = os.pread(self._calls, 300, 0).split()
        except OSError:
            return None
        if len(words) < 5:
            return False  # "running"
        return words[0] != _FUTEX or words[4] == b"0x0"

    def __del__(self) -> None:
        """Gives the file back."""
        if self._calls is not None:
            os.close(self._calls)
