"""What the interpreter itself tells: its audit events, which come from C, by whatever name a function is called."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from typing import Any

from evenflow.guard.steps.event import Category, Event
from evenflow.guard.steps.watch import collecting, saw

_HARMLESS_FOLDERS = ("/dev/", "/proc/", "/sys/")
_FILES = """
os.listdir os.scandir os.mkdir os.rmdir os.remove os.rename os.link os.symlink os.truncate glob.glob shutil.copyfile
shutil.copytree shutil.move shutil.rmtree shutil.make_archive shutil.unpack_archive tempfile.mkstemp tempfile.mkdtemp
"""
_EVENTS: dict[str, tuple[Category, str]] = {
    "open": ("disk", "open"),
    "time.sleep": ("sleep", "time.sleep"),
    "socket.connect": ("network", "socket.socket.connect"),
    "socket.getaddrinfo": ("network", "socket.getaddrinfo"),
    "socket.gethostbyname": ("network", "socket.gethostbyname"),
    "socket.gethostbyaddr": ("network", "socket.gethostbyaddr"),
    "socket.getnameinfo": ("network", "socket.getnameinfo"),
    "urllib.Request": ("network", "urllib.request.urlopen"),
    "http.client.connect": ("network", "http.client.HTTPConnection.connect"),
    "smtplib.connect": ("network", "smtplib.SMTP.connect"),
    "ftplib.connect": ("network", "ftplib.FTP.connect"),
    "imaplib.open": ("network", "imaplib.IMAP4.open"),
    "poplib.connect": ("network", "poplib.POP3"),
    "subprocess.Popen": ("process", "subprocess.Popen"),
    "os.system": ("process", "os.system"),
    "os.posix_spawn": ("process", "os.posix_spawn"),
    "os.spawn": ("process", "os.spawnv"),
    "sqlite3.connect": ("database", "sqlite3.connect"),
    **{name: ("disk", name) for name in _FILES.split()},
}


def _opens_nothing_slow(args: tuple[Any, ...]) -> bool:
    path = args[0]
    if isinstance(path, bytes):
        path = path.decode(errors="replace")
    return not isinstance(path, str) or path.startswith(_HARMLESS_FOLDERS)


def _does_not_wait(args: tuple[Any, ...]) -> bool:
    return bool(args[0].gettimeout() == 0)


def _is_number(args: tuple[Any, ...]) -> bool:
    host = args[0]
    if isinstance(host, tuple):  # getnameinfo's
        host = host[0]
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host == "":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_HARMLESS: dict[str, Callable[[tuple[Any, ...]], bool]] = {
    "open": _opens_nothing_slow,
    "os.scandir": lambda args: isinstance(args[0], str) and args[0].startswith(_HARMLESS_FOLDERS),
    "os.listdir": lambda args: isinstance(args[0], str) and args[0].startswith(_HARMLESS_FOLDERS),
    "time.sleep": lambda args: not args[0] > 0,
    "socket.connect": _does_not_wait,
    "socket.getaddrinfo": _is_number,
    "socket.gethostbyname": _is_number,
}
_state = {"installed": False}


def install() -> None:
    """From now on; there is no way back. Where nobody collects it costs one look-up in a dict an event."""
    if not _state["installed"]:
        _state["installed"] = True
        sys.addaudithook(_hook)


def _hook(name: str, args: tuple[Any, ...]) -> None:
    if name not in _EVENTS or not collecting:
        return
    harmless = _HARMLESS.get(name)
    if harmless is not None and harmless(args):
        return
    category, call = _EVENTS[name]
    saw(Event(category, call), sys._getframe(1))
