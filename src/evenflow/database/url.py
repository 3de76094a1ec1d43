"""Database URLs: `dialect+driver://user:password@host:port/database?option=value`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from evenflow.errors import ConfigError

_SECRET_OPTION = re.compile(r"((?:^|&)[^=&]*password=)[^&]*", re.IGNORECASE)


class DatabaseURL:
    """A database URL, taken apart. Immutable; `replace()` gives a changed copy.

    The parts have the names they have in encode/databases. `repr()` hides the password, `str()` does not.
    """

    __slots__ = ("_parts", "_text")

    def __init__(self, url: str | DatabaseURL) -> None:
        if not isinstance(url, (str, DatabaseURL)):
            raise TypeError(f"a database URL is a str or a DatabaseURL, not {type(url).__name__}")
        self._text = str(url)
        try:
            self._parts: SplitResult = urlsplit(self._text)
        except ValueError as error:
            raise ConfigError(f"This database URL cannot be read: {error}.") from None

    @property
    def components(self) -> SplitResult:
        """The parts as `urllib.parse.urlsplit` gives them."""
        return self._parts

    @property
    def scheme(self) -> str:
        """`postgresql+asyncpg`."""
        return self._parts.scheme

    @property
    def dialect(self) -> str:
        """`postgresql`."""
        return self.scheme.partition("+")[0]

    @property
    def driver(self) -> str:
        """`asyncpg`, or an empty string."""
        return self.scheme.partition("+")[2]

    @property
    def username(self) -> str | None:
        """The user, unquoted."""
        return _unquoted(self._parts.username)

    @property
    def password(self) -> str | None:
        """The password, unquoted."""
        return _unquoted(self._parts.password)

    @property
    def userinfo(self) -> bytes | None:
        """`user:password` as it stands in the URL."""
        user, password = self._parts.username, self._parts.password
        if not user:
            return None
        return f"{user}:{password}".encode() if password else user.encode()

    @property
    def hostname(self) -> str | None:
        """The host, or the directory of the socket given as `?host=` or `?unix_sock=`."""
        return self._parts.hostname or self.options.get("host") or self.options.get("unix_sock")

    @property
    def port(self) -> int | None:
        """The port, if the URL has one; None too where it names several hosts, each with its own."""
        if "," in self._parts.netloc:
            return None
        try:
            return self._parts.port
        except ValueError as error:
            raise ConfigError(f"The port of this database URL cannot be read: {error}.") from None

    @property
    def netloc(self) -> str:
        """`user:password@host:port`."""
        return self._parts.netloc

    @property
    def database(self) -> str:
        """The database's name; for SQLite the path of its file."""
        return unquote(self._parts.path.removeprefix("/"))

    @property
    def options(self) -> dict[str, str]:
        """The query string."""
        return dict(parse_qsl(self._parts.query, keep_blank_values=True))

    def replace(self, **changes: Any) -> DatabaseURL:
        """The URL with other `username`, `password`, `hostname`, `port`, `database`, `dialect` or `driver`."""
        parts = self._parts
        if changes.keys() & {"username", "password", "hostname", "port"}:
            parts = parts._replace(netloc=self._netloc(changes))
        if "database" in changes:
            parts = parts._replace(path="/" + changes.pop("database"))
        if changes.keys() & {"dialect", "driver"}:
            dialect, driver = changes.pop("dialect", self.dialect), changes.pop("driver", self.driver)
            parts = parts._replace(scheme=f"{dialect}+{driver}" if driver else dialect)
        return DatabaseURL(_text(parts._replace(**changes)))

    def _netloc(self, changes: dict[str, Any]) -> str:
        host = changes.pop("hostname", self._parts.hostname) or ""
        port = changes.pop("port", self.port)
        user = changes.pop("username", self.username)
        password = changes.pop("password", self.password)
        if port is not None:
            host = f"{host}:{port}"
        if user is None and password is None:
            return host
        secret = "" if password is None else ":" + quote(password, safe="*")
        return f"{quote(user or '', safe='')}{secret}@{host}"

    @property
    def obscure_password(self) -> str:
        """The URL with stars for its passwords: fit for a log."""
        stars = "*" * 8
        found = self
        if self.password:
            user, at, hosts = self._parts.netloc.rpartition("@")
            found = DatabaseURL(_text(self._parts._replace(netloc=f"{user.partition(':')[0]}:{stars}{at}{hosts}")))
        query = _SECRET_OPTION.sub(rf"\1{stars}", found.components.query)
        return _text(found.components._replace(query=query)) if query != found.components.query else str(found)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"DatabaseURL({self.obscure_password!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, (str, DatabaseURL)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)


def _unquoted(part: str | None) -> str | None:
    return None if part is None else unquote(part)


def _text(parts: SplitResult) -> str:
    # `SplitResult.geturl()` drops the slashes of an empty host: sqlite:/file instead of sqlite:///file.
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{query}"
