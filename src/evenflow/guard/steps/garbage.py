"""How long the interpreter collected garbage: it does so at whatever line comes next, which is not to blame."""

from __future__ import annotations

import gc
import threading
from time import thread_time_ns


class _Spent(threading.local):
    total = 0
    begin = 0


_spent = _Spent()


def spent() -> int:
    """Nanoseconds of computing that the calling thread has collected garbage for, since `install`."""
    return _spent.total


def install() -> None:
    """Begins to measure."""
    gc.callbacks.append(_phase)


def uninstall() -> None:
    """Ends."""
    gc.callbacks.remove(_phase)


def _phase(phase: str, _: object) -> None:
    if phase == "start":
        _spent.begin = thread_time_ns()
    else:
        _spent.total += thread_time_ns() - _spent.begin
