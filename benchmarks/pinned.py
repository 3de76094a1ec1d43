"""Servers of their own process, each on one core, and what they have cost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Sample

ROOT = Path(__file__).parents[1]
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Of all its threads, to the nanosecond; /proc/PID/stat counts in hundredths of a second."""
        spent = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                spent += int((task / "schedstat").read_text().split()[0])
            except FileNotFoundError:
                continue  # a thread that has just ended
        return spent / 1e9


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started meanwhile runs on this core alone; anywhere, where cores cannot be chosen."""
    if len(CORES) < 2:
        yield
        return
    os.sched_setaffinity(0, {CORES[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(CORES))


@contextmanager
def served(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server on the first core, as soon as it takes connections."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    with on_core(0):
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", **(environment or {})},
        )
    try:
        deadline = time.monotonic() + 60
        while not _takes_connections(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{' '.join(command)} did not start")
            time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:  # Robyn does not end when asked to
            process.kill()
            process.wait()


def measured(server: Server, request: bytes, clients: int, seconds: float) -> Sample:
    """Puts a load on a server, from the last core; connecting and warming are not counted."""
    words = ["-m", "benchmarks.steady_load", str(server.port), str(clients), str(seconds)]
    with on_core(-1):
        load = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    assert load.stdin is not None
    assert load.stdout is not None
    assert load.stderr is not None
    with load:
        load.stdin.write(json.dumps(request.decode("latin-1")).encode() + b"\n")
        load.stdin.flush()
        warm = load.stdout.readline()
        before = server.cpu_seconds()
        load.stdin.write(b"\n")
        load.stdin.flush()
        found = load.stdout.readline() if warm else b""
        used = server.cpu_seconds() - before
        if not found:
            raise SystemExit(f"the load ended early: {load.stderr.read().decode()[-2000:]}")
        load.stdin.write(b"\n")
    return Sample(cpu_seconds=used, **json.loads(found))


def _takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
