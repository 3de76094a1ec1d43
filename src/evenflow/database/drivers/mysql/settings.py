"""What can be set for MySQL and MariaDB, in the URL's query string or by keyword."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evenflow.database.drivers.server.wire import PoolSettings
from evenflow.database.url import DatabaseURL
from evenflow.errors import ConfigError
from evenflow.settings import load, setting

_SOURCE = "A MySQL database"
_OLDER_NAMES = {"pool_recycle": "max_age", "unix_sock": "unix_socket"}
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MysqlSettings:
    """How MySQL is connected to, and how many connections are kept. Times are in seconds."""

    min_size: int = setting(0, "Connections kept open even when nobody needs them.", least=0)
    max_size: int = setting(10, "Connections open at once, at most.", least=1)
    max_idle: float = setting(300.0, "How long a connection may be idle before it is closed.", least=0.001)
    max_age: float = setting(
        1800.0, "How old a connection may become; less than the server's wait_timeout.", least=0.001
    )
    pool_timeout: float = setting(10.0, "How long a statement or a transaction waits for a connection.", least=0.001)
    max_waiting: int = setting(10_000, "Statements that may wait at once; one more is refused.", least=1)
    reset: str = setting(
        "auto",
        "Whether a connection whose session may have been changed is replaced before somebody else gets it.",
        choices=("auto", "never"),
    )
    stmt_cache_size: int = setting(
        100, "Statements each connection keeps prepared on the server; 0 prepares none. Only with asyncmy.", least=0
    )
    connect_timeout: float = setting(10.0, "How long connecting may take.", least=0.001)
    slow_query: float | None = setting(
        1.0, "How long a statement takes before the log tells of it; None for never.", least=0, optional=True
    )
    charset: str = setting("utf8mb4", "The character set of the connection.")
    unix_socket: str = setting("", "The server's socket file, where it is on this machine.")
    ssl: str = setting(
        "false", "TLS: true encrypts, verify also checks who answers, by ssl_ca or the system's authorities."
    )
    ssl_ca: str = setting("", "A file of certificate authorities; the server's certificate is checked against it.")
    ssl_cert: str = setting("", "A file with the client's certificate.")
    ssl_key: str = setting("", "A file with the key of the client's certificate.")


@dataclass(frozen=True, slots=True)
class MysqlTarget:
    """Which server to connect to, and how."""

    host: str
    port: int
    user: str | None
    password: str | Callable[[], Any] | None
    database: str
    ssl: bool | ssl.SSLContext
    settings: MysqlSettings

    @property
    def pool(self) -> PoolSettings:
        """How the pool is kept."""
        mine = self.settings
        return PoolSettings(
            mine.min_size, mine.max_size, mine.max_idle, mine.max_age, mine.pool_timeout, mine.max_waiting, mine.reset
        )

    def __str__(self) -> str:
        place = self.settings.unix_socket or f"{self.host}:{self.port}"
        return f"{place}, database {self.database!r}"


def target(url: DatabaseURL, options: Mapping[str, Any]) -> MysqlTarget:
    """Where the URL points and how to connect. Raises ConfigError."""
    given = _renamed({**url.options, **options})
    host = given.pop("host", None) or url.components.hostname or "localhost"
    port = _port(given.pop("port", None) or url.port or 3306)
    user = given.pop("user", None) or url.username
    password = given.pop("password", None) or url.password
    context = given.pop("ssl") if isinstance(given.get("ssl"), ssl.SSLContext) else None
    settings = load(MysqlSettings, given, source=_SOURCE)
    secure = context or _context(settings)
    return MysqlTarget(host, port, user, password, url.database, secure, settings)


def connection_arguments(url: DatabaseURL | str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the URL and the options say, in the words of asyncmy and aiomysql; nothing that they leave open.

    `minsize`, `maxsize` and `pool_recycle` are for the pool, the rest is for connecting.
    """
    url = DatabaseURL(url)
    aim = target(url, options)
    given = _renamed({**url.options, **options})
    asked = {
        "minsize": ("min_size", aim.settings.min_size),
        "maxsize": ("max_size", aim.settings.max_size),
        "pool_recycle": ("max_age", _whole(aim.settings.max_age)),
        "ssl": ("ssl", True if aim.ssl and not isinstance(given.get("ssl"), ssl.SSLContext) else aim.ssl),
        "unix_socket": ("unix_socket", aim.settings.unix_socket),
        "connect_timeout": ("connect_timeout", aim.settings.connect_timeout),
        "charset": ("charset", aim.settings.charset),
    }
    named = {"host": aim.host, "port": aim.port, "user": aim.user, "password": aim.password, "db": aim.database}
    arguments = {name: value for name, value in named.items() if value}
    arguments.update((name, value) for name, (ours, value) in asked.items() if ours in given)
    return arguments


def _whole(seconds: float) -> float:
    return int(seconds) if seconds.is_integer() else seconds


def _renamed(given: dict[str, Any]) -> dict[str, Any]:
    """`given` in our words: some options had other names in encode/databases."""
    for older, name in _OLDER_NAMES.items():
        if older in given:
            given.setdefault(name, given.pop(older))
    if given.get("max_age") in (-1, "-1"):
        given["max_age"] = "inf"  # what aiomysql's pool calls never
    return given


def _port(port: Any) -> int:
    try:
        return int(port)
    except (TypeError, ValueError):
        raise ConfigError(f"{_SOURCE}: port is {port!r}; it must be a number.") from None


def _context(settings: MysqlSettings) -> bool | ssl.SSLContext:
    wish = settings.ssl.lower()
    if wish not in {*_YES, *_NO, "verify"}:
        raise ConfigError(f"{_SOURCE}: ssl is {settings.ssl!r}; it can be true, false, verify or an ssl.SSLContext.")
    files = settings.ssl_ca or settings.ssl_cert
    if wish in _NO and not files:
        return False
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca or None)
        if settings.ssl_cert:
            context.load_cert_chain(settings.ssl_cert, settings.ssl_key or None)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{_SOURCE}: ssl_ca, ssl_cert or ssl_key cannot be used: {reason}.") from error
    if wish != "verify" and not settings.ssl_ca:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
