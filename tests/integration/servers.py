"""Servers as users start them: `python -m evenflow …` in a process of its own, real sockets, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "users"
_PATIENCE = 20.0


@dataclass
class Server:
    """A running server. `output()` is all it has said so far, on both streams."""

    url: str
    address: tuple[str, int] | str
    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        return self.log.read_text()

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def stop(self) -> int:
        """SIGTERM, and the exit code that follows."""
        self.client.close()  # an open connection is a reason for a server to wait
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE)


@contextmanager
def serving(
    *arguments: str | Path, cwd: Path, uds: Path | None = None, answers: str = "/", env: dict[str, str] | None = None
) -> Iterator[Server]:
    """`evenflow ARGUMENTS` on a free port or on `uds`, from its first answer on until the block ends."""
    port = free_port()
    where = ["--uds", str(uds)] if uds else ["--port", str(port)]
    log = cwd / f"server-{port}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*EVENFLOW, *map(str, arguments), *where],
            cwd=cwd,
            env=environment(env),
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    transport = httpx.HTTPTransport(uds=str(uds)) if uds else None
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, transport=transport, timeout=_PATIENCE) as client:
        server = Server(url, str(uds) if uds else ("127.0.0.1", port), client, process, log)
        try:
            eventually(lambda: _has_answered(server, answers))
            yield server
            if process.poll() is None:
                server.stop()
        except BaseException as error:
            error.add_note(f"the server said:\n{server.output()}")
            raise
        finally:
            _kill(process)


def command(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`evenflow ARGUMENTS`, for commands that end by themselves."""
    return subprocess.run(
        [*EVENFLOW, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )


EVENFLOW = [sys.executable, "-m", "evenflow"]


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with Evenflow importable and help texts the same on every terminal."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "100", **(more or {})}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def eventually(fact: Callable[[], bool], within: float = _PATIENCE) -> None:
    """Waits until `fact` holds."""
    deadline = time.monotonic() + within
    while not fact():
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.02)


def _has_answered(server: Server, path: str) -> bool:
    code = server.process.poll()
    assert code is None, f"the server ended with exit code {code} before it answered"
    if not _is_listening(server.address):
        return False
    server.get(path)
    return True


def _is_listening(address: tuple[str, int] | str) -> bool:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
        return probe.connect_ex(address) == 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    # The whole session: workers outlive a parent that was killed.
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
