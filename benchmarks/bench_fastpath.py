"""The fast path beside FastAPI and others: every app on the same uvicorn, on one core, the load on the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from benchmarks.fastpath_apps.asked import ENDPOINTS, Asked, one_of_many
from benchmarks.fastpath_startup import ROUTES, STEPS
from benchmarks.measure import Report, Sample, alternate, medians
from benchmarks.pinned import ROOT, Server, measured, on_core, served
from benchmarks.steady_load import answer_to

APPS = "benchmarks.fastpath_apps"
MODULES = {
    "FastAPI": "on_fastapi",
    "evenflow": "on_evenflow",
    "ASGI, no framework": "on_asgi",
    "Starlette": "on_starlette",
    "Litestar": "on_litestar",
    "BlackSheep": "on_blacksheep",
}
MANY = ["FastAPI", "evenflow", "Starlette"]
SIZES = [10, 200, 1000]
CLIENTS = 32

AT_LEAST = {"plain dict": None, "100 models": 1.5}
"""What is demanded of CPU a request, FastAPI : evenflow. Every other endpoint has a model or dependencies."""
FLAT = 1 / 1.1
"""The same cost, within ten in a hundred."""
START_UP = 0.5
"""Seconds that compiling 1,000 routes may add."""

Medians = Mapping[str, Mapping[str, float]]


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    """There are some 80 turns in a round: each is a fifth of `seconds`."""
    report = Report("fastpath")
    measuring = _Measuring(report, seconds / 5, rounds, progress)
    measuring.endpoints()
    measuring.many_routes()
    measuring.least_of_all()
    measuring.in_process()
    measuring.start_up()
    return report


@dataclass
class _Measuring:
    report: Report
    turn: float
    rounds: int
    progress: Callable[[str], None]
    least: dict[str, float] = field(default_factory=dict)
    """CPU a request, other framework : evenflow, where Evenflow is least ahead of it."""

    def endpoints(self) -> None:
        with ExitStack() as stack:
            servers = {side: stack.enter_context(_on_uvicorn(f"{APPS}.{name}:app")) for side, name in MODULES.items()}
            robyn = _python_with_robyn()
            if robyn:
                command = [robyn, "-m", f"{APPS}.on_robyn", "--log-level", "CRITICAL"]
                servers["Robyn"] = stack.enter_context(served(command))
            for asked in ENDPOINTS:
                sides = {side: (server, asked) for side, server in servers.items() if side not in asked.not_on}
                found = self._loaded(asked.name, sides)
                self._beside_others(found)
                label = f"CPU, FastAPI : evenflow, {asked.name}"
                self.report.claim(label, _cpu(found, "FastAPI", "evenflow"), AT_LEAST.get(asked.name, 2.5))

    def many_routes(self) -> None:
        with ExitStack() as stack:
            servers = {(side, size): stack.enter_context(_with_routes(side, size)) for side in MANY for size in SIZES}
            self._middle(servers)
            for size in SIZES[1:]:
                for where in ("first", "last", "404"):
                    asked = one_of_many(size, where)
                    found = self._loaded(asked.name, {side: (servers[side, size], asked) for side in MANY})
                    self._beside_others(found)
                    self.report.claim(f"CPU, FastAPI : evenflow, {asked.name}", _cpu(found, "FastAPI", "evenflow"))

    def _middle(self, servers: Mapping[tuple[str, int], Server]) -> None:
        """All sizes in one go, because they are compared with each other."""
        sides = {
            f"{side}, {size:,} routes": (server, one_of_many(size, "middle"))
            for (side, size), server in servers.items()
        }
        found = self._loaded("middle route", sides)
        for size in SIZES:
            of_size = {side: found[f"{side}, {size:,} routes"] for side in MANY}
            self._beside_others(of_size)
            label = f"CPU, FastAPI : evenflow, middle of {size:,} routes"
            self.report.claim(label, _cpu(of_size, "FastAPI", "evenflow"), 8.0 if size == 200 else None)
        flat = _cpu(found, f"evenflow, {SIZES[0]:,} routes", f"evenflow, {SIZES[-1]:,} routes")
        self.report.claim(f"CPU, evenflow, middle of {SIZES[0]:,} routes : of {SIZES[-1]:,}", flat, FLAT)

    def least_of_all(self) -> None:
        for side, ratio in self.least.items():
            label = f"CPU, {side} : evenflow, where it is least"
            self.report.claim(label, ratio, 1.0 if side == "Starlette" else None)

    def in_process(self) -> None:
        found = self._in_turns("benchmarks.fastpath_in_process", ["FastAPI", "evenflow", "Starlette", "BlackSheep"])
        for asked in ENDPOINTS:
            sides = {side: groups[asked.name] for side, groups in found.items() if asked.name in groups}
            self.report.add(f"{asked.name}, no server", sides)
            ratio = _cpu(sides, "FastAPI", "evenflow")
            self.report.claim(f"CPU, FastAPI : evenflow, {asked.name}, no server", ratio)

    def start_up(self) -> None:
        found = self._in_turns("benchmarks.fastpath_startup", ["FastAPI", "evenflow"])
        for step in STEPS:
            self.report.add(f"routes, {step}", {side: groups[step] for side, groups in found.items()})
        spent = {side: groups[STEPS[-1]]["cpu_us"] * ROUTES / 1e6 for side, groups in found.items()}
        # Where it adds nothing that can be measured, the ratio ends at 50.
        added = max(spent["evenflow"] - spent["FastAPI"], START_UP / 50)
        self.report.claim(f"start-up of {ROUTES:,} routes, {START_UP} s : added by evenflow", START_UP / added, 1.0)

    def _beside_others(self, found: Medians) -> None:
        for side in found.keys() & {"Starlette", "BlackSheep"}:
            self.least[side] = min(self.least.get(side, inf), _cpu(found, side, "evenflow"))

    def _loaded(self, group: str, sides: Mapping[str, tuple[Server, Asked]]) -> dict[str, dict[str, float]]:
        """Medians of each side under load, after a look at its answer."""
        for side, (server, asked) in sides.items():
            _look_at_answer(side, server, asked)

        def measure(side: str) -> Sample:
            server, asked = sides[side]
            return measured(server, asked.wire, CLIENTS, self.turn)

        found = alternate(list(sides), self.rounds, measure, lambda text: self.progress(f"{group}: {text}"))
        self.report.add(f"{group}, {CLIENTS} clients", found)
        return found

    def _in_turns(self, module: str, sides: Sequence[str]) -> dict[str, dict[str, dict[str, float]]]:
        """Medians of all groups that a module measures in one go, for each side; in a fresh interpreter each time."""
        taken: dict[str, dict[str, list[Sample]]] = {side: {} for side in sides}
        for number in range(self.rounds):
            for side in sides if number % 2 else sides[::-1]:
                self.progress(f"{module.rpartition('.')[2]}: round {number + 1} of {self.rounds}: {side}")
                with on_core(0):
                    words = ["-m", module, f"side={side}", f"seconds={self.turn / 4}"]
                    done = subprocess.run(
                        [sys.executable, "-W", "ignore", *words], capture_output=True, text=True, cwd=ROOT
                    )
                if done.returncode:
                    raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr[-3000:]}")
                for group, found in json.loads(done.stdout.splitlines()[-1]).items():
                    taken[side].setdefault(group, []).append(Sample(**found))
        return {side: {group: medians(samples) for group, samples in groups.items()} for side, groups in taken.items()}


def _look_at_answer(side: str, server: Server, asked: Asked) -> None:
    head, _, body = answer_to(server.port, asked.wire).partition(b"\r\n\r\n")
    if int(head.split()[1]) != asked.status or json.loads(body) != asked.answer:
        raise SystemExit(f"{side} answers {asked.method} {asked.path} in another way: {head!r} {body[:500]!r}")


def _cpu(found: Medians, one: str, other: str) -> float:
    return found[one]["cpu_us"] / found[other]["cpu_us"]


UVICORN = [sys.executable, "-m", "uvicorn", "--log-level", "critical", "--no-access-log"]


@contextmanager
def _on_uvicorn(app: str) -> Iterator[Server]:
    with served([*UVICORN, app]) as server:
        yield server


@contextmanager
def _with_routes(side: str, size: int) -> Iterator[Server]:
    with served([*UVICORN, "--factory", f"{APPS}.many_routes:{MODULES[side]}"], {"ROUTES": str(size)}) as server:
        yield server


def _python_with_robyn() -> str | None:
    """Robyn wants an older uvloop than the other sides get, so it lives in an environment of its own, if at all."""
    python = Path(os.environ.get("EVENFLOW_BENCH_ROBYN", ROOT / ".venv-robyn" / "bin" / "python")).absolute()
    if python.exists():
        return str(python)
    print(f"Robyn is left out: there is no {python}", file=sys.stderr)
    return None
