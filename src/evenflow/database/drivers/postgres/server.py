"""A PostgreSQL server: makes connections, and knows its ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from evenflow.database.driver import Listening
from evenflow.database.drivers.postgres.known import Known
from evenflow.database.drivers.postgres.settings import target
from evenflow.database.drivers.server.wire import Wire
from evenflow.database.statement import postgres_dialect
from evenflow.database.telling import Telling
from evenflow.database.url import DatabaseURL
from evenflow.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from evenflow.database.drivers.postgres.ending import Ending


class PostgresServer:
    """One server, or the several hosts of one, and how to connect."""

    ddl_commits = False
    tables = (
        "SELECT c.relname FROM pg_catalog.pg_class c "
        "WHERE c.relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(c.oid) "
        "AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    )

    def __init__(self, url: DatabaseURL, options: Mapping[str, Any]) -> None:
        self._target = target(url, options)
        self.settings = self._target.pool
        if find_spec("asyncpg") is None:
            raise ConfigError("PostgreSQL needs asyncpg: pip install 'evenflow[postgres]'.")
        self.dialect: Dialect = _with_driver(postgres_dialect())
        self.telling = Telling(url, self._target.settings.slow_query)
        self._ending: Ending | None = None
        self._known = Known(caches=self._target.settings.statement_cache_size > 0)

    async def connect(self) -> Wire:
        """A new connection. Raises CannotOpen."""
        # Only now, because `import evenflow` must not need asyncpg.
        from evenflow.database.drivers.postgres.connecting import connected
        from evenflow.database.drivers.postgres.ending import Ending

        if self._ending is None:
            self._ending = Ending(self.telling)
        return await connected(self._target, self._known, self._ending)

    async def finish(self) -> None:
        """Wait a moment for the cancel requests that are under way."""
        if self._ending is not None:
            await self._ending.finish()

    async def listen(
        self, channels: Sequence[str], heard: Callable[[str, str, int], None], lost: Callable[[], None]
    ) -> Listening:
        """A connection that listens. Raises CannotOpen."""
        from evenflow.database.drivers.postgres.listening import listening

        return await listening(self._target, self._known, channels, heard, lost)

    def teach(self, wire: Wire) -> bool:
        """Let the dialect know the server's version; says whether that changes how statements are written."""
        version = wire.raw.get_server_version()
        found = (version.major, version.minor)
        dialect: Any = self.dialect
        before = (dialect.supports_identity_columns, dialect.supports_smallserial)
        dialect.server_version_info = found
        dialect.supports_smallserial = found >= (9, 2)
        dialect.supports_identity_columns = found >= (10,)
        dialect.supports_virtual_generated_columns = found >= (18,)
        return before != (dialect.supports_identity_columns, dialect.supports_smallserial)


def _with_driver(dialect: Dialect) -> Dialect:
    # Ranges and bit strings are made with classes of the driver's, which the dialect looks for there.
    if dialect.dbapi is None:
        dialect.dbapi = type(dialect).import_dbapi()
    return dialect
