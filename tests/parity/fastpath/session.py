"""Plays requests to two apps of one program, and tells where they differ."""

from __future__ import annotations

import asyncio
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from .compare import Difference, differences
from .draw_app import draw_app
from .draw_request import draw_requests
from .drive import Attach, Instance
from .spec import Play, Request
from .write import source

Rewritten = Callable[[str], str]
PER_APP = 50
"""Requests to one app before the next is made."""


@dataclass(frozen=True)
class Mismatch:
    """A request that was answered differently, with those before it."""

    program: str
    requests: tuple[Request, ...]
    found: tuple[Difference, ...]
    late: int | None = None

    @property
    def faint(self) -> bool:
        return all(difference.faint for difference in self.found)

    def __str__(self) -> str:
        return "\n".join(map(str, self.found))


@dataclass
class Tally:
    """What a run did: without it a run in which nothing was compiled would look like a proof."""

    requests: int = 0
    apps: int = 0
    unbuilt: int = 0
    status: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    """compiled, replayed, and by reason: routed, stock"""
    mismatches: list[tuple[Play, Mismatch]] = field(default_factory=list)
    faint: list[tuple[Play, Mismatch]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.requests += other.requests
        self.apps += other.apps
        self.unbuilt += other.unbuilt
        self.status += other.status
        self.ways += other.ways
        self.mismatches += other.mismatches
        self.faint += other.faint

    def share(self, *ways: str) -> float:
        """The share of requests that went one of these ways."""
        return sum(count for way, count in self.ways.items() if way.startswith(ways)) / max(self.requests, 1)


class Pair:
    """One program as two apps."""

    def __init__(self, program: str, attach: Attach, other_program: str | None = None) -> None:
        with quiet():
            self.stock = Instance(program, name="app")
            self.other = Instance(other_program or program, attach, name="app")
        self.program = program
        self.late = False

    def declare_late(self) -> None:
        if not self.late:
            self.late = True
            self.stock.late()
            self.other.late()

    async def mismatches(self, requests: Sequence[Request], late: int | None, tally: Tally) -> list[Mismatch]:
        """Where the answers to `requests` differ; the late routes are declared before the one at `late`."""
        found = []
        for index, request in enumerate(requests):
            if late == index:
                self.declare_late()
            stock = await self.stock.answer(request)
            other = await self.other.answer(request)
            tally.requests += 1
            tally.status[first_status(stock.messages, stock.raised)] += 1
            if stock != other:
                wrong = tuple(differences(stock, other))
                found.append(Mismatch(self.program, tuple(requests[: index + 1]), wrong, late))
        return found

    def ways(self) -> Counter[str]:
        """How the requests were answered, by the counters of the app and of the apps mounted in it."""
        ways: Counter[str] = Counter()
        if getattr(self.other.attached, "counts", None) is None:
            return ways
        apps = {value for value in self.other.namespace.values() if isinstance(value, FastAPI)}
        for counts in (self.other.attach(app).counts for app in apps):
            ways.update(compiled=counts.compiled, replayed=counts.replayed)
            ways.update({f"routed: {reason}": count for reason, count in counts.routed.items()})
            ways.update({f"stock: {reason}": count for reason, count in counts.stock.items()})
        return ways


@contextmanager
def quiet() -> Iterator[None]:
    """Generated apps do what draws a warning: duplicate operation ids, deprecated ways."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def first_status(messages: Sequence[tuple[object, ...]], raised: Sequence[str]) -> str:
    starts = [dict(message)["status"] for message in messages if ("type", "http.response.start") in message]
    return (str(starts[0]) if starts else "none") + (" raised" if raised else "")


def play_of(seed: str, count: int = PER_APP) -> Play:
    app = draw_app(seed)
    return Play(app, draw_requests(seed + " requests", app, count))


async def perform(play: Play, attach: Attach, tally: Tally, *, rewritten: Rewritten | None = None) -> None:
    """Plays `play`; with `rewritten`, the other app is made of that program, to see that a difference is seen."""
    try:
        program = source(play.app)
        pair = Pair(program, attach, rewritten(program) if rewritten else None)
    except Exception:
        # The drawing does not know every rule of FastAPI's declarations; the share of such apps is bounded by a test.
        tally.unbuilt += 1
        return
    tally.apps += 1
    if play.app.started:
        await pair.stock.start()
        await pair.other.start()
    late = len(play.requests) // 2 if play.app.late or play.app.turned else None
    for mismatch in await pair.mismatches(play.requests, late, tally):
        (tally.faint if mismatch.faint else tally.mismatches).append((play, mismatch))
    tally.ways += pair.ways()


def run_seeds(seeds: Iterable[str], attach: Attach, count: int = PER_APP, rewritten: Rewritten | None = None) -> Tally:
    """Plays the app of every seed."""
    tally = Tally()

    async def all_of_them() -> None:
        for seed in seeds:
            await perform(play_of(seed, count), attach, tally, rewritten=rewritten)

    with quiet():
        asyncio.run(all_of_them())
    return tally


def shows(play: Play, attach: Attach) -> bool:
    """Whether `play` shows a difference that counts."""
    tally = Tally()
    with quiet():
        try:
            asyncio.run(perform(play, attach, tally))
        except Exception:
            # What is left out may be what the late routes need to be declared.
            return False
    return bool(tally.mismatches)
