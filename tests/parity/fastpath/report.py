"""Says what a run found: the smallest programs that show it, and which way the requests went."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from . import corpus
from .drive import Attach
from .session import Mismatch, Tally, perform, quiet, shows
from .shrink import shrink
from .spec import Play

MANY = 3
"""Mismatches that are made small and shown; the rest are counted."""


def smallest(play: Play, mismatch: Mismatch, attach: Attach) -> tuple[Play, Mismatch]:
    """The smallest play with a mismatch, and that mismatch. What cannot be seen again is given back as it was."""
    import asyncio

    def still(candidate: Play) -> bool:
        return shows(candidate, attach)

    alone = replace(play, requests=mismatch.requests[-1:])
    start = alone if still(alone) else replace(play, requests=mismatch.requests)
    small = shrink(start, still)
    tally = Tally()
    with quiet():
        asyncio.run(perform(small, attach, tally))
    return tally.mismatches[0] if tally.mismatches else (play, mismatch)


def told(tally: Tally, attach: Attach) -> Iterator[str]:
    """The report of a run, line by line."""
    for play, mismatch in first_of_each(tally):
        _, small = smallest(play, mismatch, attach)
        yield f"\n# ---- found with the app of seed {play.app.name!r}; to keep it, put it into a file of corpus/\n"
        yield corpus.text(small)
        yield "\n".join(f"# {line}" for line in str(small).splitlines())
    yield f"{tally.requests} requests to {tally.apps} apps, {tally.unbuilt} apps that FastAPI refuses"
    for way, count in tally.ways.most_common():
        yield f"{count:8} {100 * count / max(tally.requests, 1):5.1f} % {way}"
    yield f"{len(tally.mismatches)} differences; {len(tally.faint)} that only the scope shows"


def first_of_each(tally: Tally) -> list[tuple[Play, Mismatch]]:
    """One mismatch of an app, and no more than `MANY`."""
    found: dict[str, tuple[Play, Mismatch]] = {}
    for play, mismatch in tally.mismatches:
        found.setdefault(play.app.name, (play, mismatch))
    return sorted(found.values(), key=lambda pair: len(pair[1].program))[:MANY]


Say = Callable[[str], None]
