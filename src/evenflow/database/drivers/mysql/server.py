"""A MySQL or MariaDB server: how to connect to it, and what it can do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from sqlalchemy.exc import InvalidRequestError

from evenflow.database.drivers.mysql import abilities
from evenflow.database.drivers.mysql.errors import cannot_open
from evenflow.database.drivers.mysql.killing import Killer
from evenflow.database.drivers.mysql.library import library_named
from evenflow.database.drivers.mysql.settings import target
from evenflow.database.drivers.mysql.wire import MysqlWire, Shared
from evenflow.database.drivers.server.wire import Wire
from evenflow.database.statement import mysql_dialect
from evenflow.database.telling import Telling
from evenflow.database.url import DatabaseURL
from evenflow.errors import CannotOpen, ConfigError

_log = logging.getLogger("evenflow.database")


class MysqlServer:
    """One server, by asyncmy; by aiomysql where the URL asks for it."""

    ddl_commits = True
    listen = None
    tables = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"

    def __init__(self, url: DatabaseURL, options: Mapping[str, Any]) -> None:
        self._target = target(url, options)
        self._library = library_named(url.driver or "asyncmy")
        self.dialect = mysql_dialect(mariadb=url.dialect == "mariadb")
        self.settings = self._target.pool
        self.telling = Telling(url, self._target.settings.slow_query)
        killer = Killer(self._new_connection, lambda connection: self._library.cursors(connection)(), self.telling)
        prepares = self._library.prepares and self._target.settings.stmt_cache_size > 0
        self._shared = Shared(killer, prepares, resets=self.settings.reset != "never")
        self._learned: abilities.Facts | None = None

    async def connect(self) -> Wire:
        """A new connection. Raises CannotOpen."""
        aim = self._target
        connection = None
        if self._learned is None and not self._library.prepares:
            _log.warning("This URL asks for aiomysql. asyncmy is several times quicker; write mysql:// for it.")
        try:
            async with asyncio.timeout(aim.settings.connect_timeout):
                connection = await self._new_connection()
                facts = await self._greeted(connection)
        except CannotOpen:
            raise
        except Exception as error:  # a server that is no MySQL makes the library fail in any way
            if connection is not None:
                connection.close()
            raise cannot_open(error, str(aim), aim.user) from error
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        return MysqlWire(connection, self._library, facts, self._shared)

    def teach(self, wire: Wire) -> bool:
        """Let `dialect` know the server's version and abilities; says whether that changed anything."""
        assert isinstance(wire, MysqlWire)
        own = {name: fact for name, fact in wire.facts.items() if name != "connection_id()"}
        if own == self._learned:
            return False
        try:
            changed = abilities.learn(self.dialect, own)
        except InvalidRequestError as error:
            raise ConfigError("This server is MySQL, not MariaDB: write mysql:// instead of mariadb://.") from error
        self._learned = own
        return changed

    async def finish(self) -> None:
        """Wait a moment for the kills that are under way."""
        await self._shared.killer.finish()

    async def _new_connection(self) -> Any:
        aim = self._target
        password: Any = aim.password() if callable(aim.password) else aim.password
        arguments: dict[str, Any] = {
            "host": aim.host,
            "port": aim.port,
            "user": aim.user,
            "password": await password if isawaitable(password) else password,
            "db": aim.database or None,
            "charset": aim.settings.charset,
            "connect_timeout": aim.settings.connect_timeout,
            "stmt_cache_size": aim.settings.stmt_cache_size,
        }
        if aim.settings.unix_socket:
            arguments["unix_socket"] = aim.settings.unix_socket
        if aim.ssl:
            arguments["ssl"] = aim.ssl
        return await self._library.connect(arguments)

    async def _greeted(self, connection: Any) -> abilities.Facts:
        cursor = self._library.cursors(connection)()
        if self._target.ssl:
            await cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
            row = await cursor.fetchone()
            if not row or not row[1]:
                connection.close()
                raise CannotOpen(
                    f"MySQL at {self._target} does not speak TLS, but ssl was asked for. Nothing was sent but the "
                    "login. Set it up on the server, or leave ssl out."
                )
        await cursor.execute(abilities.HELLO)
        return abilities.facts_of(await cursor.fetchone())
