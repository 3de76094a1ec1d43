"""One-row reads by primary key from MySQL or MariaDB: 32 tasks on ten connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchmarks.measure import Report, Sample, alternate, in_process_of_its_own
from benchmarks.server_sides import address, clear, prepare

SIDES = ["evenflow, prepared", "evenflow, Core", "databases, Core", "SQLAlchemy asyncio, Core", "asyncmy.Pool, raw SQL"]


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("mysql")
    url = address("mysql")
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
    report.claim("prepared : databases", prepared / rate["databases, Core"], 3)
    report.claim("prepared : SQLAlchemy asyncio", prepared / rate["SQLAlchemy asyncio, Core"])
    report.claim("prepared : asyncmy.Pool", prepared / rate["asyncmy.Pool, raw SQL"])
    report.claim("Core built per call : databases", core / rate["databases, Core"])
    return report
