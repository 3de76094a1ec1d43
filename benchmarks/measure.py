"""Running sides in turn, and what a benchmark says at its end."""

from __future__ import annotations

import json
import math
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Sample:
    """One side, one round."""

    count: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_seconds / max(self.count, 1) * 1e6


@dataclass
class Report:
    """What a benchmark found: rows for people, ratios for machines."""

    name: str
    rows: list[tuple[str, str, float, float, float, float]] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    must: dict[str, float] = field(default_factory=dict)

    def add(self, group: str, medians: Mapping[str, Mapping[str, float]]) -> None:
        for side, found in medians.items():
            self.rows.append((group, side, found["rate"], found["cpu_us"], found["p50_ms"], found["p99_ms"]))

    def claim(self, label: str, ratio: float, at_least: float | None = None) -> None:
        # Cut, not rounded: 0.896 must not pass for 0.9.
        self.ratios[label] = math.floor(ratio * 100) / 100
        if at_least is not None:
            self.must[label] = at_least

    @property
    def ok(self) -> bool:
        return all(self.ratios[label] >= least for label, least in self.must.items())

    def show(self, console: Console) -> None:
        table = Table(title=self.name, title_justify="left")
        for heading in ("load", "side"):
            table.add_column(heading)
        for heading in ("per second", "CPU us each", "p50 ms", "p99 ms"):
            table.add_column(heading, justify="right")
        for group, side, rate, cpu, p50, p99 in self.rows:
            table.add_row(group, side, f"{rate:,.0f}", f"{cpu:,.1f}", f"{p50:,.2f}", f"{p99:,.2f}")
        console.print(table)
        ratios = Table(title="ratios", title_justify="left")
        for heading in ("claim", "ratio", "must"):
            ratios.add_column(heading, justify="left" if heading == "claim" else "right")
        for label, ratio in self.ratios.items():
            least = self.must.get(label)
            mark = "" if least is None else f">= {least:g} {'yes' if ratio >= least else 'NO'}"
            ratios.add_row(label, f"{ratio:,.2f}", mark)
        console.print(ratios)

    def line(self) -> str:
        return json.dumps({"name": self.name, "ratios": self.ratios, "must": self.must, "ok": self.ok})

    def keep(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps({**asdict(self), "ok": self.ok, "machine": machine()}, indent=1) + "\n")
        return path


def machine() -> dict[str, str]:
    import os

    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }


def alternate(
    sides: Sequence[str], rounds: int, measure: Callable[[str], Sample], progress: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """The medians of `rounds` rounds; in each, every side has its turn, in a changing order."""
    samples: dict[str, list[Sample]] = {side: [] for side in sides}
    for number in range(rounds):
        turn = list(sides[number % len(sides) :]) + list(sides[: number % len(sides)])
        for side in turn:
            progress(f"round {number + 1} of {rounds}: {side}")
            samples[side].append(measure(side))
    return {side: medians(taken) for side, taken in samples.items()}


def medians(taken: Sequence[Sample]) -> dict[str, float]:
    """Of each number by itself."""
    return {key: median(getattr(one, key) for one in taken) for key in ("rate", "cpu_us", "p50_ms", "p99_ms")}


def in_process_of_its_own(module: str, arguments: Mapping[str, str | float]) -> Sample:
    """A side in a fresh interpreter, so that no side's threads or settings touch another's."""
    words = [f"{name}={value}" for name, value in arguments.items()]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} {' '.join(words)} failed:\n{done.stderr[-3000:]}")
    return Sample(**json.loads(done.stdout.splitlines()[-1]))
