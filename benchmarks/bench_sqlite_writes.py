"""Durable one-row inserts: WAL, synchronous=FULL, each acknowledged after its commit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Report, Sample, alternate, in_process_of_its_own
from benchmarks.sides import make

SIDES = [
    "evenflow, raw SQL",
    "evenflow, prepared",
    "evenflow, Core",
    "aiosqlite, raw SQL",
    "databases, Core",
    "SQLAlchemy asyncio, Core",
    "sqlite3 on the loop",
]
MUST = {1: 0.9, 32: 5.0, 256: 10.0}


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("sqlite-writes")
    for tasks, at_least in MUST.items():

        def measure(side: str, tasks: int = tasks) -> Sample:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "writes.db"
                make(path)
                arguments: dict[str, str | float] = {
                    "side": side,
                    "path": str(path),
                    "what": "write",
                    "tasks": tasks,
                    "seconds": seconds,
                }
                return in_process_of_its_own("benchmarks.sides", arguments)

        # With many tasks the slowest ones only wait for locks until they fail.
        sides = SIDES if tasks <= 32 else [side for side in SIDES if side not in SIDES[4:6]]
        found = alternate(sides, rounds, measure, progress)
        report.add(f"{tasks} task{'s' if tasks > 1 else ''}", found)
        ratio = found["evenflow, raw SQL"]["rate"] / found["aiosqlite, raw SQL"]["rate"]
        report.claim(f"raw insert : aiosqlite, writes/s at {tasks}", ratio, at_least)
        prepared = found["evenflow, prepared"]["rate"] / found["aiosqlite, raw SQL"]["rate"]
        report.claim(f"prepared insert : aiosqlite, writes/s at {tasks}", prepared)
    return report
