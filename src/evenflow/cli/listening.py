"""Whether a server could listen here; if not, a sentence that says what to do.

Asked before the app is started, so a taken port costs nothing and opens nothing.
"""

from __future__ import annotations

import errno
import socket
import stat
from pathlib import Path

from evenflow.cli.refusal import Refusal


def require_free_port(host: str, port: int) -> None:
    """Refuses a host that is not this machine's, and a port that is taken or not ours to take."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Refusal(f"The host {host!r} is not known here ({error.strerror}): change --host.") from None
    for family, _, _, _, address in addresses:
        try:
            socket.create_server(address, family=family).close()
        except OSError as error:
            _explain(error, host, port)


def free_port(host: str) -> int:
    """A port that nobody listens on at this moment."""
    family, _, _, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.create_server(address, family=family) as probe:
        port: int = probe.getsockname()[1]
    return port


def _explain(error: OSError, host: str, port: int) -> None:
    match error.errno:
        case errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            raise Refusal(
                f"Port {port} of {host} is taken. Stop what listens there, or choose another: --port {other}."
            ) from None
        case errno.EACCES:
            raise Refusal(f"Port {port} needs rights this user does not have. Choose one above 1023: --port 8000.")
        # What is left may still work: uvicorn skips an address family that this machine lacks.


def require_free_socket(path: Path) -> None:
    """Refuses a socket path that cannot be made; removes the socket of a server that is gone."""
    if not path.parent.is_dir():
        raise Refusal(f"There is no directory {path.parent} for the socket {path}: make it, or change --uds.")
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise Refusal(f"{path} is a file, not a socket: change --uds.")
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise Refusal(f"Another server answers on {path}. Stop it, or choose another path with --uds.")
    path.unlink()
