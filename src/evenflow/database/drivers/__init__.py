"""The databases Evenflow speaks to, by the name in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from evenflow.database.driver import Driver
from evenflow.database.url import DatabaseURL
from evenflow.errors import UnknownDriver

_SQLITE = "evenflow.database.drivers.sqlite:SqliteDriver"
_POSTGRES = "evenflow.database.drivers.postgres:PostgresServer"
_MYSQL = "evenflow.database.drivers.mysql:MysqlServer"

_DRIVERS = {
    "sqlite": _SQLITE,
    "sqlite+aiosqlite": _SQLITE,
    "postgresql": _POSTGRES,
    "postgres": _POSTGRES,
    "postgresql+asyncpg": _POSTGRES,
    "postgresql+aiopg": _POSTGRES,  # which encode/databases spoke too
    "mysql": _MYSQL,
    "mysql+asyncmy": _MYSQL,
    "mysql+aiomysql": _MYSQL,
    "mariadb": _MYSQL,
    "mariadb+asyncmy": _MYSQL,
    "mariadb+aiomysql": _MYSQL,
}


def driver_for(url: DatabaseURL, options: Mapping[str, Any]) -> Driver:
    """The driver for a URL, not yet open. Raises UnknownDriver and ConfigError."""
    home = _DRIVERS.get(url.scheme)
    if home is None:
        known = ", ".join(f"{name}://" for name in _DRIVERS if "+" not in name)
        raise UnknownDriver(
            f"{url.obscure_password!r} is not a database URL Evenflow knows. It can begin with {known}; "
            "for example sqlite:///app.db."
        )
    module, _, name = home.partition(":")
    made: Any = getattr(import_module(module), name)(url, options)
    if home == _SQLITE:
        driver: Driver = made
        return driver
    from evenflow.database.drivers.server import ServerDriver

    return ServerDriver(made)
