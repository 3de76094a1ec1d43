"""Plays many apps in several processes."""

from __future__ import annotations

import logging
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from fastapi import FastAPI

from evenflow.fastpath import attach

from .session import PER_APP, Tally, run_seeds

FLOOR = 0.55
"""The share of drawn requests that compiled routes have to answer at least. It was 0.61; a fast path that steps aside
everywhere would answer all of them rightly."""
AT_ONCE = 20
"""Apps that a process plays before it tells."""
PARTS_OF_A_PROCESS = 20
"""How often it tells before another takes its place."""


def compiles() -> bool:
    """Whether this FastAPI is one whose routes are compiled at all."""
    app = FastAPI()
    app.get("/here")(lambda: None)
    return any(route.compiled for route in attach(app).report().routes)


def work(seeds: list[str]) -> Tally:
    logging.disable(logging.CRITICAL)
    return run_seeds(seeds, attach)


def run(requests: int, seed: str, processes: int) -> Tally:
    """Plays about so many requests, in several processes."""
    apps = max(1, requests // PER_APP)
    seeds = [f"{seed}-{i}" for i in range(apps)]
    parts = [seeds[i : i + AT_ONCE] for i in range(0, apps, AT_ONCE)]
    tally = Tally()
    for start in range(0, len(parts), PARTS_OF_A_PROCESS * processes):
        # Fresh processes now and then: an app leaves things behind in FastAPI's and Pydantic's caches. Not by the
        # pool's own `max_tasks_per_child`, with which Python 3.11 can wait for ever.
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            for part in pool.map(work, parts[start : start + PARTS_OF_A_PROCESS * processes]):
                tally.add(part)
    return tally
