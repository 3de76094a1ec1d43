"""The databases Evenflow speaks to, by the name in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from evenflow.database.driver import Driver
from evenflow.database.url import DatabaseURL
from evenflow.errors import UnknownDriver

_DRIVERS = {
    "sqlite": ("evenflow.database.drivers.sqlite", "SqliteDriver"),
    "sqlite+aiosqlite": ("evenflow.database.drivers.sqlite", "SqliteDriver"),
}


def driver_for(url: DatabaseURL, options: Mapping[str, Any]) -> Driver:
    """The driver for a URL, not yet open. Raises UnknownDriver and ConfigError."""
    home = _DRIVERS.get(url.scheme)
    if home is None:
        known = ", ".join(f"{name}://" for name in _DRIVERS)
        raise UnknownDriver(
            f"{url.obscure_password!r} is not a database URL Evenflow knows. It can begin with {known}; "
            "for example sqlite:///app.db."
        )
    module, name = home
    driver: Callable[[DatabaseURL, Mapping[str, Any]], Driver] = getattr(import_module(module), name)
    return driver(url, options)
