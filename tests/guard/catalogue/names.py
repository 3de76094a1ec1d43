"""Holds the names of the catalogue against the installed packages: do they exist, and are they none to be awaited?"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import inspect
import multiprocessing
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any

from evenflow.guard.catalogue import Catalogue, known

_GONE = {"crypt", "nntplib", "telnetlib"}
"""Modules of the standard library that newer Pythons do not have."""
_ELSEWHERE = {
    *("os.posix_fallocate", "os.copy_file_range", "os.fwalk", "os.sendfile", "os.sync", "os.fdatasync"),
    *("select.kqueue", "select.devpoll", "select.epoll", "pathlib.Path.walk", "dbm.gnu.open", "dbm.ndbm.open"),
    *("django.db.models.Model.objects", "mongoengine.Document.objects"),  # of the classes that inherit from it
    "postmarker.core.PostmarkClient.emails",
}
"""Names that not every Python or system has, or only what is made of them."""


_MADE: dict[str, Callable[[], Any]] = {
    "threading.Lock": threading.Lock,
    "threading.RLock": threading.RLock,
    "threading.Condition": threading.Condition,
    "multiprocessing.synchronize.Lock": multiprocessing.Lock,
    "multiprocessing.synchronize.RLock": multiprocessing.RLock,
    "multiprocessing.synchronize.Semaphore": multiprocessing.Semaphore,
    "multiprocessing.synchronize.BoundedSemaphore": multiprocessing.BoundedSemaphore,
}
"""Classes that give their objects methods when they make them."""


def names_of(catalogue: Catalogue | None = None) -> dict[str, list[str]]:
    """All that a catalogue names, by package: calls, what is made once, what gives something, and what it gives."""
    catalogue = catalogue or known()
    found: dict[str, list[str]] = {}
    several = [
        *catalogue.names(),
        *catalogue.measured_names(),
        *catalogue.constructors(),
        *catalogue.exceptions(),
        *catalogue.sources(),
    ]
    for name in dict.fromkeys(several):
        found.setdefault(_package(name), []).append(name)
    return found


def wrong(names: Iterable[str]) -> dict[str, str]:
    """What is wrong with which name."""
    found = {name: _wrong(name) for name in names}
    return {name: reason for name, reason in found.items() if reason}


@cache
def installed(package: str) -> bool:
    """Whether a package is there: only then can its names be looked for."""
    return package in sys.stdlib_module_names or importlib.util.find_spec(package) is not None


def _package(name: str) -> str:
    root = name.partition(".")[0]
    return "builtins" if hasattr(builtins, root) else root


def _wrong(name: str) -> str:
    if "()" in name or name in _ELSEWHERE or (_package(name) in _GONE and not installed(_package(name))):
        return ""
    plain = name.removesuffix(".*")
    try:
        found = _resolved(f"builtins.{plain.removeprefix('builtins.')}" if _package(plain) == "builtins" else plain)
    except AttributeError as error:
        return str(error)
    except Exception:
        return ""
    if name.endswith(".*") and not inspect.isclass(found):
        return f"{plain} is not a class"
    if inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found):
        return "it is asynchronous"
    return ""


def _resolved(name: str) -> Any:
    """What a name stands for; raises AttributeError where there is no such thing."""
    parts = name.split(".")
    modules = ((length, _module(".".join(parts[:length]))) for length in range(len(parts) - 1, 0, -1))
    inside, found = next((each for each in modules if each[1] is not None), (0, None))
    if found is None:
        raise AttributeError(f"there is no {parts[0]}")
    for length in range(inside, len(parts)):
        owner = ".".join(parts[:length])
        inner = _attribute(_MADE[owner]() if owner in _MADE else found, parts[length])
        if inner is None:
            if _may_have(found, parts[length]):
                return None
            raise AttributeError(f"{owner} has no {parts[length]}")
        if isinstance(inner, (property, cached_property)) or _is_made_for_instances(found, inner):
            return inner  # what it gives is known to the package alone
        found = inner
    return found


def _module(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in (name, name.partition(".")[0]):
            return None
        raise


def _attribute(owner: Any, name: str) -> Any:
    return getattr(owner, name, None) if not inspect.isclass(owner) else inspect.getattr_static(owner, name, None)


def _may_have(owner: Any, name: str) -> bool:
    """Whether it can have what is not there: its objects get it, or it is a name that several packages share."""
    if not inspect.isclass(owner):
        return hasattr(owner, "__path__") and getattr(owner, "__file__", None) is None
    if any("__getattr__" in vars(each) or name in vars(each).get("__annotations__", ()) for each in owner.__mro__):
        return True
    made = [vars(each)["__init__"] for each in owner.__mro__ if inspect.isfunction(vars(each).get("__init__"))]
    return any(re.search(rf"\bself\.{name}\b[^=(]*=", inspect.getsource(each)) for each in made)


def _is_made_for_instances(owner: Any, found: Any) -> bool:
    return inspect.isclass(owner) and not callable(found) and hasattr(type(found), "__get__")


def main() -> int:
    """Tells of every package that is installed which of its names do not exist."""
    every = names_of()
    here = sorted(filter(installed, every))
    failed = 0
    for package in here:
        found = wrong(every[package])
        failed += len(found)
        print(f"{package}: {len(every[package])} names, {len(found)} wrong")
        for name, reason in found.items():
            print(f"  {name}: {reason}")
    print(f"Not installed, so not looked at: {', '.join(sorted({*every} - {*here}))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
