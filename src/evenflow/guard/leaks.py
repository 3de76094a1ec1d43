"""Counts what asyncio loses silently: tasks dropped while pending, coroutines nobody awaited, tasks that pile up."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

_DESTROYED = "Task was destroyed but it is pending!"
_HOOK = "_warn_unawaited_coroutine"
"""What the interpreter calls in `warnings` for a coroutine that is dropped: a filter on warnings does not reach it."""
_COROUTINE = re.compile(r"coro=<(?P<name>\S+?)(?:\(\))? .*?(?: at (?P<file>[^>]+?):(?P<line>\d+))?>")
_REMEMBERED = 100
_MANY = 1000
_GROWING = 5


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that was lost."""

    kind: Literal["task destroyed", "never awaited"]
    name: str
    """The function whose coroutine it was."""
    file: str | None
    line: int | None
    """Where the coroutine stood, or, never awaited, where it was dropped."""


@dataclass(frozen=True, slots=True)
class LeakCounts:
    """How much has leaked since `start()`."""

    tasks_destroyed: int
    """Tasks that nobody held, garbage-collected before they were done: their work was lost."""
    never_awaited: int
    """Coroutines that were made and dropped: their work was never begun."""
    tasks_alive: int
    """Tasks of the loop at the last `sample()`."""
    tasks_growing: bool
    """Whether there are more than a thousand, and were more at each of the last samples."""


class Leaks:
    """Listens to asyncio's log and to the interpreter from `start()` to `stop()`; any number of them may.

    `told` is called with each leak, in whatever thread the garbage was collected.
    """

    def __init__(self, told: Callable[[Leak], object] | None = None) -> None:
        self.leaks: deque[Leak] = deque(maxlen=_REMEMBERED)
        """The last ones."""
        self._told = told
        self._handler = _Handler(self._note)
        self._destroyed = 0
        self._never_awaited = 0
        self._alive: deque[int] = deque(maxlen=_GROWING)
        self._lock = threading.Lock()
        self._original: Any = None
        self._hook: Any = None

    def start(self) -> None:
        """Begins to listen."""
        logging.getLogger("asyncio").addHandler(self._handler)
        original = getattr(warnings, _HOOK, None)
        if original is not None:
            self._original, self._hook = original, self._dropping(original)
            setattr(warnings, _HOOK, self._hook)

    def stop(self) -> None:
        """Listens no more."""
        logging.getLogger("asyncio").removeHandler(self._handler)
        # Else somebody has put theirs around ours, which goes on counting.
        if self._hook is not None and getattr(warnings, _HOOK, None) is self._hook:
            setattr(warnings, _HOOK, self._original)

    def _dropping(self, original: Callable[[Any], None]) -> Callable[[Any], None]:
        def dropped(coroutine: Any) -> None:
            frame = sys._getframe(1)
            self._note(Leak("never awaited", coroutine.__qualname__, frame.f_code.co_filename, frame.f_lineno))
            original(coroutine)

        return dropped

    def sample(self, loop: asyncio.AbstractEventLoop) -> None:
        """Counts the tasks of a loop: every ten seconds, say, in the loop's thread. It takes a microsecond for ten."""
        self._alive.append(len(asyncio.all_tasks(loop)))

    def counts(self) -> LeakCounts:
        """What there was so far."""
        alive = list(self._alive)
        rising = len(alive) == _GROWING and all(earlier < later for earlier, later in pairwise(alive))
        return LeakCounts(
            tasks_destroyed=self._destroyed,
            never_awaited=self._never_awaited,
            tasks_alive=alive[-1] if alive else 0,
            tasks_growing=rising and alive[-1] > _MANY,
        )

    def _note(self, leak: Leak) -> None:
        with self._lock:
            if leak.kind == "task destroyed":
                self._destroyed += 1
            else:
                self._never_awaited += 1
            self.leaks.append(leak)
        if self._told is not None:
            self._told(leak)


class _Handler(logging.Handler):
    """Reads what asyncio logs when a pending task is garbage-collected: there is no other sign of it."""

    def __init__(self, note: Callable[[Leak], None]) -> None:
        super().__init__(logging.ERROR)
        self._note_leak = note

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not text.startswith(_DESTROYED):
            return
        found = _COROUTINE.search(text)
        line = found["line"] if found is not None else None
        self._note_leak(
            Leak(
                "task destroyed",
                found["name"] if found is not None else "a task",
                found["file"] if found is not None else None,
                int(line) if line is not None else None,
            )
        )
