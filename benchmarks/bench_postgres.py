"""One-row reads by primary key from PostgreSQL: 32 tasks on ten connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchmarks.measure import Report, Sample, alternate, in_process_of_its_own
from benchmarks.server_sides import address, clear, prepare

SIDES = [
    "evenflow, prepared",
    "evenflow, Core",
    "databases, Core",
    "SQLAlchemy asyncio, Core",
    "asyncpg.Pool, raw SQL",
    "asyncpg, bare pool",
]


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("postgres")
    url = address("postgresql")
    asyncio.run(prepare(url))

    def measure(side: str) -> Sample:
        arguments: dict[str, str | float] = {"side": side, "url": url, "tasks": 32, "seconds": seconds}
        return in_process_of_its_own("benchmarks.server_sides", arguments)

    try:
        found = alternate(SIDES, rounds, measure, progress)
    finally:
        asyncio.run(clear(url))
    report.add("32 tasks", found)
    rate = {side: values["rate"] for side, values in found.items()}
    prepared, core = rate["evenflow, prepared"], rate["evenflow, Core"]
    report.claim("prepared : asyncpg on a bare pool", prepared / rate["asyncpg, bare pool"], 0.75)
    report.claim("prepared : asyncpg.Pool", prepared / rate["asyncpg.Pool, raw SQL"], 1.6)
    report.claim("prepared : databases", prepared / rate["databases, Core"], 4)
    report.claim("prepared : SQLAlchemy asyncio", prepared / rate["SQLAlchemy asyncio, Core"], 6)
    report.claim("Core built per call : databases", core / rate["databases, Core"], 2.5)
    report.claim("Core built per call : SQLAlchemy asyncio", core / rate["SQLAlchemy asyncio, Core"], 3.5)
    return report
