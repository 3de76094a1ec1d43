"""The article's program over real HTTP: FastAPI + databases + aiosqlite on uvicorn against Evenflow."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from benchmarks.http_load import load
from benchmarks.measure import Report, Sample, alternate
from benchmarks.sides import make

ARTICLE = Path(__file__).parents[1] / "examples" / "users" / "article.py"
# The article installs `fastapi uvicorn`, which serves with asyncio and h11; uvicorn[standard] adds the faster two.
PLAIN = ["--loop", "asyncio", "--http", "h11"]
STOCK, STANDARD = "databases, uvicorn", "databases, uvicorn[standard]"
SAME, OURS = "evenflow, uvicorn[standard]", "evenflow run"
CLIENTS = 32


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("article")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_program(folder)
        with (
            served([sys.executable, "-m", "uvicorn", "stock:app", *PLAIN], folder) as stock,
            served([sys.executable, "-m", "uvicorn", "stock:app"], folder) as standard,
            served([sys.executable, "-m", "uvicorn", "article:app"], folder) as same,
            served([sys.executable, "-m", "evenflow", "run", "article:app"], folder) as ours,
        ):
            servers = {STOCK: stock, STANDARD: standard, SAME: same, OURS: ours}
            for label, path, at_least in (("one row", "/users/{id}", 15.0), ("20 rows", "/users", None)):

                def measure(side: str, path: str = path) -> Sample:
                    port, pid = servers[side]
                    before = cpu_seconds(pid)
                    found = load(port, path, CLIENTS, seconds)
                    return Sample(cpu_seconds=cpu_seconds(pid) - before, **found)

                found = alternate(list(servers), rounds, measure, progress)
                report.add(f"{label}, {CLIENTS} clients", found)
                rate = {side: values["rate"] for side, values in found.items()}
                cpu = {side: values["cpu_us"] for side, values in found.items()}
                report.claim(f"{label}: requests/s, evenflow run : as the article", rate[OURS] / rate[STOCK], at_least)
                report.claim(f"{label}: requests/s, same uvicorn[standard]", rate[SAME] / rate[STANDARD])
                report.claim(f"{label}: CPU a request, as the article : evenflow run", cpu[STOCK] / cpu[OURS])
                report.claim(f"{label}: CPU a request, same uvicorn[standard]", cpu[STANDARD] / cpu[SAME])
    return report


def make_program(folder: Path) -> None:
    """The example as it stands, the same with the import of the original, and 20 users."""
    text = ARTICLE.read_text()
    assert "from evenflow import" in text, "the example imports Evenflow in one line"
    (folder / "article.py").write_text(text)
    (folder / "stock.py").write_text(text.replace("from evenflow import", "from databases import"))
    path = folder / "test.db"
    make(path)
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM users WHERE id > 20")
    connection.close()


@contextmanager
def served(command: list[str], folder: Path) -> Iterator[tuple[int, int]]:
    """A server of its own process: its port and pid."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/users/1", timeout=5).read()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{' '.join(command)} did not start") from None
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
