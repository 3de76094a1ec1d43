"""Asks the depot for everything, one after the other, and collects what a tool says of each."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.guard.bed.index import Clean, Mistake, clean, mistakes
from tests.guard.bed.judging import Told
from tests.guard.bed.serving import served, under_evenflow

Said = dict[str, list[Told]]
"""What was said while each route was asked for, by its name."""
_SETTLING = 0.2
"""Seconds after an answer in which a tool may still speak."""


def of_tool(tool: str, size: str, environment: dict[str, str]) -> Said:
    """One tool, in a server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "reports"
        command = [sys.executable, "-m", "tests.guard.table.served", tool, str(reports)]
        with served(command, environment, Path(folder) / "errors") as client:
            return _asked(client, size, _Tail(reports, _told_of_place))


def of_watchdog(
    size: str, environment: dict[str, str], *, in_flight: int = 0, routes: Sequence[Mistake] | None = None
) -> Said:
    """Evenflow's, as `evenflow run` has it; with as many other requests being served all the time."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "guard.jsonl"
        with served(under_evenflow(log), environment, Path(folder) / "errors") as client, waiting(client, in_flight):
            return _asked(client, size, _Tail(log, lambda line: Told.of(json.loads(line))), routes)


@contextmanager
def waiting(client: httpx.Client, count: int) -> Iterator[None]:
    """So many requests that wait for something, at any time, from a thread of their own."""
    ended = threading.Event()

    async def wait(asking: httpx.AsyncClient) -> None:
        while not ended.is_set():
            await asking.get("/c/long-poll")

    async def all_of_them() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=client.base_url, timeout=30, limits=limits) as asking:
            await asyncio.gather(*(wait(asking) for _ in range(count)))

    thread = threading.Thread(target=asyncio.run, args=(all_of_them(),))
    thread.start()
    try:
        time.sleep(1.0 if count else 0.0)  # until they are all there
        yield
    finally:
        ended.set()
        thread.join()


def _asked(client: httpx.Client, size: str, tail: _Tail, routes: Sequence[Mistake] | None = None) -> Said:
    client.get("/c/many-awaits")
    said: Said = {}
    asked: Sequence[Mistake | Clean] = (*clean(), *mistakes()) if routes is None else routes
    for route in asked:
        if route.missing():
            continue
        tail.read()
        with suppress(httpx.TransportError):  # what a tool raises may end the connection
            client.get(route.address, params={"size": size})
        client.get("/c/own-get")  # answered when what the route does after its answer has let go of the loop
        time.sleep(_SETTLING)
        said[_key(route)] = tail.read()
    return said


def _key(route: Mistake | Clean) -> str:
    return f"{'m' if isinstance(route, Mistake) else 'c'}/{route.name}"


def _told_of_place(line: str) -> Told:
    places: list[Any] = json.loads(line)
    return Told(places[0][0], places[0][1]) if places else Told()


class _Tail:
    """What is added to a file of lines."""

    def __init__(self, path: Path, understood: Callable[[str], Told]) -> None:
        self._path = path
        self._understood = understood
        self._from = 0

    def read(self) -> list[Told]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._from)
            whole = file.read().rpartition(b"\n")
        self._from += len(whole[0]) + len(whole[1])
        return [self._understood(line) for line in whole[0].decode().splitlines()]
