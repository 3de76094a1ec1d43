"""The program served by uvicorn in a process of its own, and what its watchdog writes into the guard's log."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.integration.servers import ROOT, environment, eventually, free_port

PROGRAM = Path(__file__).parent / "program.py"


def line_of(name: str) -> int:
    """Of the mark `# here: NAME`."""
    lines = PROGRAM.read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if line.endswith(f"# here: {name}"))


@dataclass
class Watched:
    """A server that is running, and its logs."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    guard_log: Path
    log: Path

    def incidents(self) -> list[dict[str, Any]]:
        """All that were written so far, in order."""
        if not self.guard_log.exists():
            return []
        return [json.loads(line) for line in self.guard_log.read_text().splitlines()]

    def found(self, path: str) -> list[dict[str, Any]]:
        """What a GET of this path leads to."""
        before = len(self.incidents())
        for _ in range(3):  # a machine that has no time is to blame itself, and then nothing is written
            self.client.get(path)
            until = time.monotonic() + 2
            while time.monotonic() < until:
                time.sleep(0.1)
                if len(self.incidents()) > before:
                    return self.incidents()[before:]
        return []


@contextmanager
def served(folder: Path, *, loop: str, fastpath: bool = True, **variables: str) -> Iterator[Watched]:
    port, log, guard_log = free_port(), folder / "server.log", folder / "guard.jsonl"
    words = ["-m", "uvicorn", "tests.guard.watchdog.program:app", "--app-dir", str(ROOT), "--port", str(port)]
    more = {"EVENFLOW_GUARD_LOG": str(guard_log), "TEST_FASTPATH": "" if fastpath else "off", **variables}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *words, "--loop", loop], env=environment(more), stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            eventually(lambda: bool(re.search("Uvicorn running", log.read_text())))
            yield Watched(client, process, guard_log, log)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    except BaseException as error:
        error.add_note(f"the server said:\n{log.read_text()}")
        raise
    finally:
        process.kill()
        process.wait()
