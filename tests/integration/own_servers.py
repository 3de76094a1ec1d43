"""Servers of a test's own, from the programs on this machine: they can be stopped and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path

from tests.needed import needs


class OwnServer:
    """A database server in a folder. `url` names its database `test`."""

    def __init__(self, command: list[str], url: str, port: int, stop_signal: signal.Signals) -> None:
        self._command = command
        self._stop_signal = stop_signal
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.url = url

    def start(self) -> None:
        """Start it and wait until it listens."""
        # From the root: its user may not enter the directory the tests are run in.
        self._process = subprocess.Popen(self._command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            assert self._process.poll() is None, f"{self._command[0]} has ended by itself"
            time.sleep(0.1)
        raise AssertionError(f"{self._command[0]} does not listen")

    def kill(self) -> None:
        """End it without a warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator would who cannot wait for its clients."""
        self._end(self._stop_signal)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None


@contextmanager
def own_postgres(folder: Path) -> Iterator[OwnServer]:
    """A PostgreSQL that nobody else uses."""
    programs = sorted(glob("/usr/lib/postgresql/*/bin"))[-1:] + os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(programs)
    initdb, postgres = shutil.which("initdb", path=path), shutil.which("postgres", path=path)
    needs("PostgreSQL's initdb", there=bool(initdb and postgres), otherwise="apt-get install postgresql")
    assert initdb is not None
    assert postgres is not None
    data, port = folder / "data", _free_port()
    as_user = _as("postgres", folder)
    subprocess.run(
        [*as_user, initdb, "-D", data, "-U", "postgres", "-A", "trust"], cwd=folder, check=True, capture_output=True
    )
    server = OwnServer(
        [*as_user, postgres, "-D", str(data), "-p", str(port), "-k", str(folder)],
        f"postgresql://postgres@127.0.0.1:{port}/postgres",
        port,
        signal.SIGINT,  # SIGTERM would wait for the clients
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def own_pgbouncer(folder: Path) -> Iterator[str]:
    """Host and port of a PgBouncer that lends connections of the PostgreSQL on 127.0.0.1 for one transaction each."""
    program = shutil.which("pgbouncer", path="/usr/sbin:" + os.environ["PATH"])
    needs("PgBouncer", there=program is not None, otherwise="apt-get install pgbouncer")
    assert program is not None
    port = _free_port()
    (folder / "pgbouncer.ini").write_text(
        "[databases]\n* = host=127.0.0.1 port=5432 user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\n"
    )
    pooler = OwnServer(
        [*_as("postgres", folder), program, "-q", str(folder / "pgbouncer.ini")], "", port, signal.SIGTERM
    )
    pooler.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        pooler.kill()


@contextmanager
def own_mysql(folder: Path) -> Iterator[OwnServer]:
    """A MariaDB that nobody else uses."""
    install, daemon = (
        shutil.which("mariadb-install-db"),
        shutil.which("mariadbd", path="/usr/sbin:" + os.environ["PATH"]),
    )
    needs("mariadbd", there=bool(install and daemon), otherwise="apt-get install mariadb-server")
    assert install is not None
    assert daemon is not None
    data, port = folder / "data", _free_port()
    as_user = _as("mysql", folder)
    subprocess.run(
        [*as_user, install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    command = [daemon, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
    command += [f"--socket={folder}/s", "--innodb-buffer-pool-size=32M"]
    server = OwnServer([*as_user, *command], f"mysql://root@127.0.0.1:{port}/test", port, signal.SIGTERM)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _as(user: str, folder: Path) -> list[str]:
    """Neither server runs as root."""
    if os.geteuid() != 0:
        return []
    folder.chmod(0o755)
    shutil.chown(folder, user, user)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
