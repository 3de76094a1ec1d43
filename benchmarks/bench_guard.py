"""What the watchdog costs: slices of requests with it and without it, in turn, in one process; and an idle loop."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from statistics import median

from benchmarks.guard_in_process import AGAIN, IDLE, OFF, ON
from benchmarks.measure import Report


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("guard")
    for loop in ("asyncio", "uvloop"):
        taken = []
        for number in range(rounds):
            progress(f"{loop}: round {number + 1} of {rounds}")
            taken.append(measured(loop, seconds))
        cost = {side: median(one[side] for one in taken) for side in (OFF, ON, AGAIN)}
        idle = median(one[IDLE] for one in taken)
        rows = {side: {"rate": 1e6 / us, "cpu_us": us, "p50_ms": us / 1000, "p99_ms": 0.0} for side, us in cost.items()}
        report.add(f"{loop}, requests", rows)
        report.claim(f"{loop}: CPU of a request, off : on", cost[OFF] / cost[ON], at_least=0.97)
        # How far two sides are apart that do not differ.
        report.claim(f"{loop}: CPU of a request, off : off once more", cost[OFF] / cost[AGAIN])
        report.claim(f"{loop}: part of a core that an idle loop needs more, 0.5 % : measured", 0.005 / max(idle, 1e-5))
    return report


def measured(loop: str, seconds: float) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.guard_in_process", loop, str(seconds)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"benchmarks.guard_in_process failed:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
