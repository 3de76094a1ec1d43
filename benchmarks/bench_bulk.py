"""Many rows at once: inserts of 10,000 rows on each database, and look-ups of 1,000 keys on PostgreSQL."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.bulk_sides import clear
from benchmarks.measure import Report, Sample, alternate, in_process_of_its_own
from benchmarks.server_sides import address

TUPLES, MANY, RETURNING = (
    "evenflow, copy_records of tuples",
    "evenflow, execute_many",
    "evenflow, execute_many RETURNING",
)
INSERTS = [TUPLES, "evenflow, copy_records of dicts", MANY]
ON_POSTGRES = [
    *INSERTS,
    RETURNING,
    "asyncpg, copy_records_to_table",
    "asyncpg, executemany",
    "databases, execute_many",
    "SQLAlchemy asyncio, insert of many",
    "SQLAlchemy asyncio, insert RETURNING",
]
ON_OTHERS = [*INSERTS, "databases, execute_many"]
KEYS = ["evenflow, fetch_by_keys", "asyncpg, = ANY", "databases, IN", "SQLAlchemy asyncio, IN"]


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("bulk")

    def rates(group: str, url: str, what: str, sides: list[str]) -> dict[str, float]:
        def measure(side: str) -> Sample:
            arguments: dict[str, str | float] = {"side": side, "url": url, "what": what, "seconds": seconds}
            return in_process_of_its_own("benchmarks.bulk_sides", arguments)

        try:
            found = alternate(sides, rounds, measure, lambda text: progress(f"{group}: {text}"))
        finally:
            asyncio.run(clear(url))
        report.add(group, found)
        return {side: values["rate"] for side, values in found.items()}

    rate = rates("PostgreSQL, rows", address("postgresql"), "rows", ON_POSTGRES)
    report.claim("PostgreSQL: copy_records : asyncpg's COPY", rate[TUPLES] / rate["asyncpg, copy_records_to_table"])
    report.claim("PostgreSQL: copy_records : databases execute_many", rate[TUPLES] / rate["databases, execute_many"])
    report.claim("PostgreSQL: execute_many : asyncpg executemany", rate[MANY] / rate["asyncpg, executemany"])
    report.claim("PostgreSQL: execute_many : databases execute_many", rate[MANY] / rate["databases, execute_many"])
    report.claim(
        "PostgreSQL: execute_many : SQLAlchemy asyncio", rate[MANY] / rate["SQLAlchemy asyncio, insert of many"]
    )
    report.claim(
        "PostgreSQL: execute_many RETURNING : SQLAlchemy asyncio",
        rate[RETURNING] / rate["SQLAlchemy asyncio, insert RETURNING"],
    )
    rate = rates("PostgreSQL, keys", address("postgresql"), "keys", KEYS)
    ours = rate["evenflow, fetch_by_keys"]
    report.claim("PostgreSQL: fetch_by_keys : asyncpg = ANY", ours / rate["asyncpg, = ANY"])
    report.claim("PostgreSQL: fetch_by_keys : databases IN", ours / rate["databases, IN"])
    report.claim("PostgreSQL: fetch_by_keys : SQLAlchemy asyncio IN", ours / rate["SQLAlchemy asyncio, IN"])
    with tempfile.TemporaryDirectory() as folder:
        sqlite = f"sqlite:///{Path(folder) / 'bulk.db'}"
        for name, url in (("SQLite", sqlite), ("MySQL", address("mysql"))):
            rate = rates(f"{name}, rows", url, "rows", ON_OTHERS)
            report.claim(f"{name}: execute_many : databases execute_many", rate[MANY] / rate["databases, execute_many"])
            report.claim(
                f"{name}: copy_records : databases execute_many", rate[TUPLES] / rate["databases, execute_many"]
            )
    return report
