"""What can be set for PostgreSQL, in the URL's query string or by keyword."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from evenflow.database.drivers.server.wire import PoolSettings
from evenflow.database.url import DatabaseURL
from evenflow.errors import ConfigError
from evenflow.settings import load, setting

SOURCE = "A PostgreSQL database"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresSettings:
    """How connections to PostgreSQL are made and kept. Times are in seconds."""

    min_size: int = setting(0, "Connections kept open while nothing happens.", least=0)
    max_size: int = setting(10, "Connections open at once, at most.", least=1)
    max_idle: float = setting(300.0, "How long an unused connection above min_size is kept.", least=0)
    max_age: float = setting(1800.0, "How long a connection lives before a new one takes its place.", least=0.001)
    pool_timeout: float = setting(10.0, "How long a statement or a transaction waits for a connection.", least=0.001)
    max_waiting: int = setting(10_000, "Statements that may wait for a connection; one more is refused.", least=1)
    reset: str = setting(
        "auto",
        "When a connection is made as new before it is lent again; auto: after what may have changed its session.",
        choices=("auto", "always", "never"),
    )
    statement_cache_size: int = setting(
        100, "Prepared statements each connection keeps; behind a pooler such as PgBouncer it is 0.", least=0
    )
    connect_timeout: float = setting(10.0, "How long connecting may take.", least=0.001)
    command_timeout: float = setting(0.0, "How long any statement may take; 0 for as long as it needs.", least=0)
    slow_query: float | None = setting(
        1.0, "How long a statement takes before the log tells of it; None for never.", least=0, optional=True
    )
    application_name: str = setting("", "The name the server shows for these connections.")


@dataclass(frozen=True, slots=True)
class PostgresTarget:
    """Where the server is, and how to connect to it."""

    place: str
    """Its host or hosts, for errors."""
    arguments: dict[str, Any] = field(repr=False)
    """What is handed to `asyncpg.connect()`."""
    settings: PostgresSettings
    caches_asked: bool
    """Whether the size of the statement cache was asked for, so that no pooler on the way changes it."""
    init: Any = None
    """A coroutine function that is handed every new connection of asyncpg's."""

    @property
    def pool(self) -> PoolSettings:
        """The settings of the pool."""
        given = asdict(self.settings)
        return PoolSettings(**{name: given[name] for name in PoolSettings.__slots__})


_OF_DSN = (
    "host",
    "port",
    "user",
    "password",
    "database",
    "dbname",
    "passfile",
    "service",
    "servicefile",
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslpassword",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "target_session_attrs",
    "krbsrvname",
    "gsslib",
)
"""Options asyncpg reads from a URL itself."""

_OF_CONNECT = (
    "host",
    "port",
    "user",
    "password",
    "database",
    "passfile",
    "service",
    "servicefile",
    "ssl",
    "direct_tls",
    "target_session_attrs",
    "krbsrvname",
    "gsslib",
    "max_cached_statement_lifetime",
    "max_cacheable_statement_size",
)
"""Arguments of `asyncpg.connect()` that may be given by keyword."""

_OF_SESSION = (
    "options",
    "search_path",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "timezone",
)
"""Settings of the session that a URL may carry."""

_NUMBERS = {"max_cached_statement_lifetime": int, "max_cacheable_statement_size": int}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SSL_WORDS = {"true": True, "1": True, "false": False, "0": False}
_OTHER_NAMES = {
    "timeout": "connect_timeout",
    "prepared_statement_cache_size": "statement_cache_size",
    "max_inactive_connection_lifetime": "max_idle",
}
"""What asyncpg and SQLAlchemy call our settings."""
_HARMLESS = {"gssencmode": ("disable", "prefer"), "channel_binding": ("disable", "prefer")}
"""Options of libpq that ask for nothing where they have these values."""


def connection_arguments(url: DatabaseURL, options: Mapping[str, Any]) -> dict[str, Any]:
    """What `asyncpg.connect()` is given, with the sizes of the pool. Raises ConfigError."""
    found = target(url, options)
    return {**found.arguments, "min_size": found.settings.min_size, "max_size": found.settings.max_size}


def target(url: DatabaseURL, options: Mapping[str, Any]) -> PostgresTarget:
    """Where the URL points and how to connect. Raises ConfigError."""
    given = {_OTHER_NAMES.get(name, name): value for name, value in {**url.options, **options}.items()}
    _refuse_unknown(given)
    settings = load(
        PostgresSettings,
        {name: value for name, value in given.items() if name in PostgresSettings.__slots__},
        source=SOURCE,
    )
    if settings.min_size > settings.max_size:
        raise ConfigError(
            f"{SOURCE}: min_size is {settings.min_size}, which is more than max_size {settings.max_size}."
        )
    place = url.netloc.rpartition("@")[2]
    in_dsn = {name: str(given[name]) for name in _OF_DSN if name in url.options and name not in options}
    arguments = {
        # Without the user and the password: asyncpg would split them at another "@" than the URL does.
        "dsn": f"postgresql://{place}/?{urlencode(in_dsn)}" if in_dsn else f"postgresql://{place}/",
        "timeout": settings.connect_timeout,
        "statement_cache_size": settings.statement_cache_size,
        **_who(url),
        **_by_keyword(given, options),
        **_session(settings, given),
    }
    if settings.command_timeout:
        arguments["command_timeout"] = settings.command_timeout
    return PostgresTarget(
        place or str(given.get("host") or "its default host"),
        arguments,
        settings,
        caches_asked="statement_cache_size" in given,
        init=given.get("init"),
    )


def _who(url: DatabaseURL) -> dict[str, Any]:
    parts = {"user": url.username, "password": url.password, "database": url.database}
    return {name: value for name, value in parts.items() if value}


def _by_keyword(given: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that are no part of the DSN, in asyncpg's own words."""
    found = {name: options[name] for name in _OF_CONNECT if name in options}
    found |= {name: given[name] for name in ("ssl", "direct_tls", *_NUMBERS) if name in given}
    if "dbname" in options:
        found["database"] = options["dbname"]
    if "sslmode" in options:
        found.setdefault("ssl", options["sslmode"])
    for name, kind in _NUMBERS.items():
        if name in found:
            found[name] = _number(name, kind, found[name])
    if "ssl" in found:
        found["ssl"] = _ssl("ssl", found["ssl"])
    if "sslmode" in given:
        _ssl("sslmode", given["sslmode"])
    return found


def _number(name: str, kind: type, value: Any) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{SOURCE}: {name} is {value!r}; it must be a number.") from None


def _ssl(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = value.lower()
    if name == "ssl" and word in _SSL_WORDS:
        return _SSL_WORDS[word]
    if word not in _SSL_MODES:
        raise ConfigError(f"{SOURCE}: {name} is {value!r}; it can be {', '.join(_SSL_MODES)}.")
    return word


def _session(settings: PostgresSettings, given: Mapping[str, Any]) -> dict[str, Any]:
    session = {name: str(given[name]) for name in _OF_SESSION if name in given}
    if settings.application_name:
        session["application_name"] = settings.application_name
    own = given.get("server_settings") or {}
    if not isinstance(own, Mapping):
        raise ConfigError(
            f"{SOURCE}: server_settings must be a dict of the server's settings, such as {{'jit': 'off'}}."
        )
    session |= {str(name): str(value) for name, value in own.items()}
    return {"server_settings": session} if session else {}


def _refuse_unknown(given: dict[str, Any]) -> None:
    for name, harmless in _HARMLESS.items():
        if str(given.get(name)) in harmless:
            del given[name]
    if "channel_binding" in given:
        raise ConfigError(
            f"{SOURCE}: asyncpg cannot do channel_binding. Leave it out of the URL; sslmode=verify-full protects the "
            "connection too."
        )
    own = [*PostgresSettings.__slots__, "init", "server_settings"]
    known = sorted({*own, *_OF_DSN, *_OF_CONNECT, *_OF_SESSION})
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Its options are {', '.join(known)}."
            raise ConfigError(f"{SOURCE} has no option {name!r}. {hint}")
