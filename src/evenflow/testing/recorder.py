"""`events`: what Evenflow tells during a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from evenflow import observe

_Kind = TypeVar("_Kind")


class Recorder:
    """The events so far, in their order; `len()` and iteration work."""

    def __init__(self) -> None:
        self._events: list[object] = []

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """Those of a kind, such as `events.of(SlowQuery)`."""
        return [event for event in self._events if isinstance(event, kind)]

    def clear(self) -> None:
        """Forgets them."""
        self._events.clear()

    def __iter__(self) -> Iterator[object]:
        return iter(list(self._events))

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"Recorder({self._events!r})"


@contextmanager
def recording() -> Iterator[Recorder]:
    """A recorder that listens until the block ends."""
    recorder = Recorder()
    unsubscribe = observe.subscribe(recorder._events.append)
    try:
        yield recorder
    finally:
        unsubscribe()
