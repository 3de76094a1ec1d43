"""Functions of the standard library that wait and raise no audit event, replaced by ones that tell of it first."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from evenflow.guard.steps.event import Category, Event
from evenflow.guard.steps.frames import stack
from evenflow.guard.steps.watch import collecting, saw


class Patches:
    """Replaced attributes of modules and classes."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Replaces them."""
        if sys.version_info < (3, 13):
            self.tell(time, "sleep", Event("sleep", "time.sleep"), lambda seconds, *_, **__: seconds > 0)
        self.tell(threading.Condition, "wait", Event("lock", "threading.Condition.wait"), _without_zero)
        self.tell(threading.Thread, "join", Event("lock", "threading.Thread.join"), _alive)
        self.tell(subprocess.Popen, "wait", Event("process", "subprocess.Popen.wait"), _running)
        self.tell(subprocess.Popen, "communicate", Event("process", "subprocess.Popen.communicate"), _running)
        for name in ("recv", "recv_into", "accept"):
            self.tell(socket.socket, name, Event("network", f"socket.socket.{name}"), _waits)
        for module in (sqlite3, sqlite3.dbapi2):
            self.replace(module, "connect", _tracing(sqlite3.connect))

    def uninstall(self) -> None:
        """Puts them back."""
        while self._undo:
            self._undo.pop()()

    def tell(self, owner: Any, name: str, event: Event, blocks: Callable[..., bool]) -> None:
        """Replaces a function by one that tells of each call for which `blocks(*its arguments)`."""
        original = getattr(owner, name)

        @wraps(original)
        def telling(*args: Any, **options: Any) -> Any:
            if collecting and blocks(*args, **options):
                saw(event, sys._getframe(1))
            return original(*args, **options)

        self.replace(owner, name, telling)

    def replace(self, owner: Any, name: str, new: Any) -> None:
        """Replaces an attribute until `uninstall`."""
        own = vars(owner).get(name)
        setattr(owner, name, new)

        def undo() -> None:
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(undo)


def _without_zero(_: Any, timeout: float | None = None) -> bool:
    return timeout is None or timeout > 0


def _alive(thread: threading.Thread, timeout: float | None = None) -> bool:
    return thread.is_alive() and _without_zero(thread, timeout)


def _running(process: subprocess.Popen[Any], *_: Any, **__: Any) -> bool:
    return process.returncode is None


def _waits(connection: socket.socket, *_: Any, **__: Any) -> bool:
    return connection.gettimeout() != 0


def _tracing(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """`sqlite3.connect`, whose connections tell of every statement that they run.

    Only those that code of the program opens: a library that opens one in a thread of its own uses it there.
    """
    category: Category = "database"
    event = Event(category, "sqlite3.Connection.execute")

    def tell(_: str) -> None:
        if collecting:
            saw(event, sys._getframe(1))

    @wraps(connect)
    def connecting(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        if any(frame.program for frame in stack(sys._getframe(1))):
            connection.set_trace_callback(tell)
        return connection

    return connecting
