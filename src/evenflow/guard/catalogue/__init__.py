"""Calls that block, as data: one TOML file a family of packages, to which users add their own.

[[calls]]
names = ["requests.get", "requests.Session.*"]   # by full name; `.*` is every public method of a class
except = ["requests.Session.close"]               # but not these
class = "waits"                                   # waits, cpu, disk, lock
fix = "await client.get(...) of one httpx.AsyncClient"

[[measured]]                                      # what computes for long only with much data
names = ["json.dumps"]
fix = "answer with less at a time, or stream it"

[[constructors]]                                  # what an app needs one of, not one for every request
names = ["httpx.AsyncClient"]
fix = "make one when the app starts, and use it in every request"

[returns]                                         # what is not a class, but gives an object of one
"requests.session" = "requests.Session"
"pathlib.Path.iterdir" = "pathlib.Path.iterdir()" # of a class that has no public name, one with () in it

[same]                                            # other names of the same thing
"requests.sessions.Session" = "requests.Session"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from evenflow.errors import ConfigError

CallKind = Literal["waits", "cpu", "disk", "lock"]
_MAKING = ("__init__", "__new__")


@dataclass(frozen=True, slots=True)
class Entry:
    """A call that blocks."""

    name: str
    kind: CallKind
    fix: str


class Catalogue:
    """Which calls block, and what to write instead."""

    def __init__(self, tables: Iterable[dict[str, Any]]) -> None:
        self._calls: dict[str, Entry] = {}
        self._whole: dict[str, Entry] = {}
        """Classes of which every public method blocks."""
        self._fine: set[str] = set()
        self._measured: dict[str, Entry] = {}
        self._constructors: dict[str, Entry] = {}
        self._returns: dict[str, str] = {}
        self._same: dict[str, str] = {}
        for table in tables:
            self._add(table)

    def call(self, name: str) -> Entry | None:
        """The entry of a function or method by its full name, such as `sqlite3.Connection.execute`.

        Making an object has that of its class, also as `smtplib.SMTP.__init__`.
        """
        name = self.canonical(name)
        if name in self._fine:
            return None
        found = self._calls.get(name)
        if found is not None:
            return found
        owner, _, last = name.rpartition(".")
        if last.startswith("_"):
            return self._calls.get(self.canonical(owner)) if last in _MAKING else None
        whole = self._whole.get(owner)
        return Entry(name, whole.kind, whole.fix) if whole is not None else None

    def measured(self, name: str) -> Entry | None:
        """The entry of what computes for long only where it is given much, such as `json.dumps`.

        Not for a program that is only read: there is nothing wrong with such a call as long as its data is small.
        """
        return self._measured.get(self.canonical(name))

    def constructor(self, name: str) -> Entry | None:
        """The entry of a class or function that makes what an app needs one of, such as `httpx.AsyncClient`."""
        return self._constructors.get(self.canonical(name).removesuffix(".__init__"))

    def returns(self, name: str) -> str | None:
        """The class, by its full name, of what a function or method gives."""
        return self._returns.get(self.canonical(name))

    def canonical(self, name: str) -> str:
        """The name that the catalogue uses for something that has several."""
        if name in self._same:
            return self._same[name]
        owner, dot, last = name.rpartition(".")
        return self._same[owner] + dot + last if owner in self._same else name

    def names(self) -> list[str]:
        """Of all calls; `.*` after a class stands for its public methods."""
        return [*self._calls, *(f"{name}.*" for name in self._whole)]

    def measured_names(self) -> list[str]:
        """The names of all that `measured` knows."""
        return list(self._measured)

    def constructors(self) -> list[str]:
        """The names of all that `constructor` knows."""
        return list(self._constructors)

    def exceptions(self) -> list[str]:
        """The names of methods that do not block, of classes of which the others do."""
        return list(self._fine)

    def sources(self) -> list[str]:
        """The names of all that `returns` knows, and of what they give."""
        return [*self._returns, *self._returns.values()]

    def _add(self, table: dict[str, Any]) -> None:
        for calls in table.get("calls", ()):
            for name in calls["names"]:
                owner, _, last = name.rpartition(".")
                entry = Entry(owner if last == "*" else name, calls["class"], calls["fix"])
                (self._whole if last == "*" else self._calls)[entry.name] = entry
                self._fine.discard(name)  # a user's own file counts more
            self._fine.update(calls.get("except", ()))
        for key, entries in (("measured", self._measured), ("constructors", self._constructors)):
            for each in table.get(key, ()):
                entries |= {name: Entry(name, "cpu", each["fix"]) for name in each["names"]}
        self._returns.update(table.get("returns", {}))
        self._same.update(table.get("same", {}))


@cache
def known() -> Catalogue:
    """The catalogue that comes with Evenflow."""
    return Catalogue(map(_read, shipped()))


def extended(files: Iterable[Path]) -> Catalogue:
    """The same, with entries of the user's own files, which count more.

    Raises ConfigError for a file that cannot be read, or in which something is not as it has to be.
    """
    from evenflow.guard.catalogue.strict import mistakes

    own = []
    for file in files:
        own.append(_read(file))
        for mistake in mistakes([(file.name, own[-1])]):
            raise ConfigError(f"The catalogue {file} cannot be used: {mistake}.")
    return Catalogue([*map(_read, shipped()), *own])


def shipped() -> list[Path]:
    """The files that come with Evenflow."""
    return sorted(Path(__file__).parent.glob("*.toml"))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"The catalogue {file} cannot be read: {error}.") from error
