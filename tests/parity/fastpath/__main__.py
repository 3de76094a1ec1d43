"""Fuzzes the fast path beside stock FastAPI: `python -m tests.parity.fastpath [REQUESTS] [--seed TEXT]`."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from evenflow.fastpath import attach

from .many import FLOOR, compiles, run
from .report import told


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz-fastpath")
    parser.add_argument("requests", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", default="0", help="another seed gives other apps and requests")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    start = time.monotonic()
    tally = run(given.requests, given.seed, given.processes)
    seconds = time.monotonic() - start
    for line in told(tally, attach):
        print(line)
    print(f"{seconds:.0f} s, {tally.requests / seconds:.0f} requests/s, seed {given.seed!r}")
    low = compiles() and tally.share("compiled") < FLOOR
    if low:
        print(f"Fewer than {FLOOR:.0%} were answered by compiled routes: this run proves little.")
    return 1 if tally.mismatches or low else 0


if __name__ == "__main__":
    sys.exit(main())
