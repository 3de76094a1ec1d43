"""Lets the depot be imported where some of the packages it names are not installed: what needs them is left out."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from tests.guard.bed.index import installed

PACKAGES = ("redis", "requests", "bcrypt", "jinja2", "PIL", "numpy", "psycopg", "pymysql", "aiosqlite")


class _StandIn(ModuleType):
    """A package in name only."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything


class _Anything:
    """Can be made and annotated with; what is done with it is not asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.headers: dict[str, str] = {}

    def close(self) -> None:
        """As a client has it."""


def make_importable() -> None:
    """Before `depot` is imported."""
    folder = str(__file__).rpartition("/")[0]
    if folder not in sys.path:
        sys.path.insert(0, folder)
    for name in PACKAGES:
        if name not in sys.modules and not installed(name):
            sys.modules[name] = _StandIn(name)
