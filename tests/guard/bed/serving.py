"""The depot on a port of this machine: `tests.guard.bed.serving:app` is what a server is told to serve."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.guard.bed import present
from tests.guard.bed.index import FOLDER

TARGET = "tests.guard.bed.serving:app"
_START = 30.0


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(name)
    present.make_importable()
    from depot.main import app  # type: ignore[import-not-found, unused-ignore] # found beside this file, not before

    return app


def under_evenflow(log: Path) -> list[str]:
    """The command of a server with the guard on; the port is still to be added."""
    return [sys.executable, "-m", "evenflow", "run", TARGET, "--guard-log", str(log), "--port"]


@contextmanager
def served(command: list[str], environment: dict[str, str], errors: Path) -> Iterator[httpx.Client]:
    """A client of the server that a command starts, to which a free port is added. What it says goes to a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = FOLDER.parents[2]
    path = os.pathsep.join([str(root), str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    with errors.open("w") as heard:
        process = subprocess.Popen(
            [*command, str(port)],
            cwd=root,
            env={**os.environ, **environment, "PYTHONPATH": path},
            stdout=heard,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, port, errors)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _wait_for(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"The server does not listen: {errors.read_text()[-2000:]}")
