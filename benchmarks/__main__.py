"""`python -m benchmarks NAME [--seconds S] [--rounds N] [--smoke]`."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from benchmarks import (
    bench_article,
    bench_bulk,
    bench_fastpath,
    bench_guard,
    bench_mysql,
    bench_postgres,
    bench_rows_to_json,
    bench_sqlite_reads,
    bench_sqlite_writes,
    readme,
)
from benchmarks.plot import plot

BENCHMARKS = {
    "article": bench_article.run,
    "bulk": bench_bulk.run,
    "fastpath": bench_fastpath.run,
    "guard": bench_guard.run,
    "mysql": bench_mysql.run,
    "postgres": bench_postgres.run,
    "rows-to-json": bench_rows_to_json.run,
    "sqlite-reads": bench_sqlite_reads.run,
    "sqlite-writes": bench_sqlite_writes.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Evenflow beside what it replaces.")
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each side runs in a round")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds; medians are shown")
    parser.add_argument("--smoke", action="store_true", help="does it run at all? nothing is kept or demanded")
    given = parser.parse_args()
    seconds, rounds = (0.3, 1) if given.smoke else (given.seconds, given.rounds)
    console = Console(stderr=True)
    with console.status("starting") as status:
        report = BENCHMARKS[given.name](seconds, rounds, status.update)
    report.show(Console())
    if not given.smoke:
        print(f"kept in {report.keep()}, drawn in {plot(report)}")
        readme.write()
    print(report.line())
    return 0 if report.ok or given.smoke else 1


if __name__ == "__main__":
    sys.exit(main())
