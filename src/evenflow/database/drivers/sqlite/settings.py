"""What can be set for SQLite, in the URL's query string or by keyword."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenflow.database.url import DatabaseURL
from evenflow.errors import ConfigError
from evenflow.settings import load, setting

_URI_OPTIONS = ("mode", "cache", "vfs", "immutable", "nolock", "psow")
_IGNORED = {"check_same_thread"}  # Evenflow's threads own their connections


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteSettings:
    """How SQLite is opened and run. Times are in seconds."""

    readers: int = setting(
        max(2, min(4, os.cpu_count() or 2)),
        "Threads that read. Two keep a slow query from stalling short ones.",
        least=1,
    )
    sessions: int = setting(
        8, "Connections lent at once to iterate(), connection() and read-only transactions.", least=1
    )
    pool_timeout: float = setting(10.0, "How long a statement or a transaction waits for its turn.", least=0.001)
    max_waiting: int = setting(10_000, "Statements that may wait at once; one more is refused.", least=1)
    busy_timeout: float = setting(5.0, "How long to wait for another process that holds the write lock.", least=0)
    slow_query: float | None = setting(
        1.0, "How long a statement takes before the log tells of it; None for never.", least=0, optional=True
    )
    journal_mode: str = setting(
        "wal", "How SQLite keeps a journal.", choices=("wal", "delete", "truncate", "persist", "memory", "off")
    )
    synchronous: str = setting(
        "full", "When SQLite waits for the disk: full survives power loss.", choices=("full", "normal", "off", "extra")
    )
    foreign_keys: bool = setting(True, "Whether foreign keys are enforced.")
    cached_statements: int = setting(256, "Prepared statements each connection keeps.", least=0)
    switch_interval: float = setting(
        0.0005, "Python's thread switch interval while threads and the loop compete; 0 leaves it alone.", least=0
    )
    uri: bool = setting(False, "Whether the database part of the URL is a file: URI of SQLite's.")


@dataclass(frozen=True, slots=True)
class SqliteTarget:
    """Which database to open, and how."""

    filename: str
    """What is handed to SQLite."""
    uri: bool
    """Whether `filename` is a URI."""
    memory: bool
    """Whether the database lives in memory: one connection then serves everything."""
    read_only: bool
    settings: SqliteSettings


def target(url: DatabaseURL, options: Mapping[str, Any]) -> SqliteTarget:
    """Where the URL points and how it is to be opened. Raises ConfigError."""
    if url.netloc:
        wanted = f"{url.dialect}:////{url.netloc}{url.components.path}"
        raise ConfigError(
            f"A SQLite URL has no host, but this one has {url.netloc!r}: write sqlite:///relative.db "
            f"or {wanted} for an absolute path."
        )
    given = _renamed({**url.options, **options})
    of_uri = {name: str(given.pop(name)) for name in _URI_OPTIONS if name in given}
    settings = load(SqliteSettings, given, source="A SQLite database")
    path = url.database or ":memory:"
    is_uri = settings.uri or path.startswith("file:")
    memory = ":memory:" in path or of_uri.get("mode") == "memory"
    if of_uri and not is_uri:
        path, is_uri = f"file:{_escaped(path)}", True
    if of_uri:
        path += "?" + "&".join(f"{name}={value}" for name, value in of_uri.items())
    read_only = of_uri.get("mode") == "ro" or of_uri.get("immutable") == "1"
    return SqliteTarget(path, is_uri, memory, read_only, settings)


def _escaped(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _renamed(given: dict[str, Any]) -> dict[str, Any]:
    """`given` in our words: `timeout` is what sqlite3 and aiosqlite call the busy timeout."""
    if "timeout" in given:
        given.setdefault("busy_timeout", given.pop("timeout"))
    return {name: value for name, value in given.items() if name not in _IGNORED}
