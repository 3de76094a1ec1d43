"""Who holds a connection: enough to name the line of the program in an error."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGE = str(Path(__file__).parent.parent)


@dataclass(frozen=True, slots=True)
class Holder:
    """The place that opened a scope, its task, and since when (`time.monotonic()`)."""

    site: str
    task: str
    since: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        return f"{self.site} for {time.monotonic() - self.since:.1f} s (task {self.task})"


def here() -> Holder:
    """The holder that the calling program is: the nearest frame outside Evenflow and the standard library's asyncio."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return Holder(_site(), task.get_name() if task else "none")


def _site() -> str:
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE) or "contextlib" in filename or "asyncio" in filename
