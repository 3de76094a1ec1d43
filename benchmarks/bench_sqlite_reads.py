"""One-row reads by primary key from a file of 10,000 rows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Report, Sample, alternate, in_process_of_its_own
from benchmarks.sides import SIDES, make


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("sqlite-reads")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reads.db"
        make(path)
        for tasks in (1, 32):

            def measure(side: str, tasks: int = tasks) -> Sample:
                arguments: dict[str, str | float] = {
                    "side": side,
                    "path": str(path),
                    "what": "read",
                    "tasks": tasks,
                    "seconds": seconds,
                }
                return in_process_of_its_own("benchmarks.sides", arguments)

            found = alternate(list(SIDES), rounds, measure, progress)
            report.add(f"{tasks} task{'s' if tasks > 1 else ''}", found)
    rate = {side: values["rate"] for side, values in found.items()}
    cpu = {side: values["cpu_us"] for side, values in found.items()}
    stock, asyncio_ = "databases, Core", "SQLAlchemy asyncio, Core"
    report.claim("prepared : databases, reads/s", rate["evenflow, prepared"] / rate[stock], 15)
    report.claim("prepared : SQLAlchemy asyncio, reads/s", rate["evenflow, prepared"] / rate[asyncio_], 10)
    report.claim("Core built per call : databases, reads/s", rate["evenflow, Core"] / rate[stock])
    report.claim("Core built per call : SQLAlchemy asyncio, reads/s", rate["evenflow, Core"] / rate[asyncio_])
    report.claim("CPU of a raw read, aiosqlite : evenflow", cpu["aiosqlite, raw SQL"] / cpu["evenflow, raw SQL"], 1.25)
    report.claim("CPU of a read, bare sqlite3 : prepared", cpu["sqlite3 on the loop"] / cpu["evenflow, prepared"])
    return report
