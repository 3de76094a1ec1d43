"""Calls of the catalogue in installed packages, replaced by ones that tell of themselves when the package is imported.

So they are known by their name, whatever their data, their servers or what a test has put in place of those: in a test
a password is hashed in a millisecond, and a driver answers from memory.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from evenflow.guard.catalogue import Catalogue, Entry
from evenflow.guard.steps.event import ONE_PER_APP, Category, Event
from evenflow.guard.steps.garbage import spent
from evenflow.guard.steps.watch import collecting, on_a_loop, saw

_CATEGORIES: dict[str, Category] = {"waits": "network", "disk": "disk", "lock": "lock", "cpu": "cpu"}
_MEANT_TO_BE_SLOW = ("bcrypt.", "argon2.", "passlib.", "pwdlib.", "hashlib.pbkdf2", "hashlib.scrypt", "nacl.pwhash")
"""Password hashes: tests turn their cost down, so their time tells nothing."""
_WORK = 2_000_000
"""Nanoseconds of computing in one call from which on other work counts: with more data it is more."""


class Wrapping:
    """Wraps the calls of packages that are imported already, and of others when they are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._waiting: dict[str, list[str]] = defaultdict(list)
        """Names not wrapped yet, by the package they are in."""
        self._undo: list[Callable[[], None]] = []
        self._owners = frozenset(name.rpartition(".")[0] for name in catalogue.names())
        for name in [*catalogue.names(), *ONE_PER_APP]:
            root = name.partition(".")[0]
            entry = catalogue.call(name)
            # What else the standard library has is seen from below: by its audit events, and asleep in the kernel.
            if root not in sys.stdlib_module_names or (entry is not None and entry.kind == "cpu"):
                self._waiting[root].append(name)

    def install(self) -> None:
        """Begins, with what is imported already."""
        for root in list(self._waiting):
            if root in sys.modules:
                self.imported(root)

    def uninstall(self) -> None:
        """Ends: the originals are back."""
        while self._undo:
            self._undo.pop()()

    @property
    def packages(self) -> set[str]:
        """Those that hold something to wrap."""
        return set(self._waiting)

    def imported(self, module: str) -> None:
        """Wraps what can be found now that a module was imported."""
        root = module.partition(".")[0]
        if root not in self._waiting:
            return
        self._waiting[root] = [name for name in self._waiting[root] if not self._wrap(name)]

    def _wrap(self, name: str) -> bool:
        owner = _owner(name)
        if owner is None:
            return False
        last = name.rpartition(".")[2]
        if last == "*":
            for method, found in inspect.getmembers_static(owner):
                full = f"{name[:-1]}{method}"
                entry = self._catalogue.call(full)
                if not method.startswith("_") and entry is not None and inspect.isfunction(_plain(found)):
                    self._replace(owner, method, full, entry)
            return True
        found = inspect.getattr_static(owner, last, None)
        if inspect.isclass(found):
            owner, last = found, "__init__"
        self._replace(owner, last, name, self._catalogue.call(name))
        return True

    def _replace(self, owner: Any, attribute: str, name: str, entry: Entry | None) -> None:
        found = inspect.getattr_static(owner, attribute, None)
        given = _plain(found)
        if not callable(given) or inspect.iscoroutinefunction(given) or inspect.isasyncgenfunction(given):
            return
        if inspect.isclass(owner) and not inspect.isfunction(given):
            return  # written in C, or something of its own kind
        own = vars(owner).get(attribute)
        telling: Any = _telling(given, name, entry, self._catalogue, self._owners)
        try:
            setattr(owner, attribute, type(found)(telling) if given is not found else telling)
        except (AttributeError, TypeError):
            return

        def undo() -> None:
            if own is None:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, own)

        self._undo.append(undo)


def _plain(found: Any) -> Any:
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def _bridged() -> bool:
    """Whether SQLAlchemy runs this in a greenlet, where what would block is awaited."""
    greenlet = sys.modules.get("greenlet")
    return greenlet is not None and greenlet.getcurrent().parent is not None


def _telling(
    original: Callable[..., Any], name: str, entry: Entry | None, catalogue: Catalogue, owners: frozenset[str]
) -> Callable[..., Any]:
    """The same function, which tells when it is called on an event loop."""
    last = name.rpartition(".")[2]
    if name in ONE_PER_APP:
        event = Event("constructed", name)
    else:
        event = Event(_CATEGORIES[entry.kind] if entry is not None else "network", name)

    def apart(kind: type) -> bool:
        """Whether the object is of a subclass that the catalogue knows by itself, which only notes what it is asked."""
        own = catalogue.canonical(f"{kind.__module__}.{kind.__qualname__}")
        return own != name.rpartition(".")[0] and own in owners and catalogue.call(f"{own}.{last}") is None

    if event.category != "cpu" or name.startswith(_MEANT_TO_BE_SLOW):

        @wraps(original)
        def telling(*args: Any, **options: Any) -> Any:
            if collecting and not _bridged() and not (args and apart(type(args[0]))):
                saw(event, sys._getframe(1))
            return original(*args, **options)

        return telling

    @wraps(original)
    def measuring(*args: Any, **options: Any) -> Any:
        if not collecting or on_a_loop() is None or _bridged():
            return original(*args, **options)
        begin = time.thread_time_ns() - spent()
        try:
            return original(*args, **options)
        finally:
            if time.thread_time_ns() - spent() - begin >= _WORK:
                saw(event, sys._getframe(1))

    return measuring


def _owner(name: str) -> Any:
    """The module or class that holds the last part of a full name; None where that is not imported yet."""
    parts = name.split(".")[:-1]
    for length in range(len(parts), 0, -1):
        found: Any = sys.modules.get(".".join(parts[:length]))
        if found is None:
            continue
        for part in parts[length:]:
            found = vars(found).get(part) if isinstance(found, (ModuleType, type)) else None
        if found is not None and (name.endswith("*") or inspect.getattr_static(found, name.rpartition(".")[2], None)):
            return found
        return None
    return None
