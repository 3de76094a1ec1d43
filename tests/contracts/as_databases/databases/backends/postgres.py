"""PostgreSQL, as encode/databases names it."""

from typing import Any

from databases.backends import Backend
from evenflow.database.drivers.postgres.settings import connection_arguments


class PostgresBackend(Backend):
    def _get_connection_kwargs(self) -> dict[str, Any]:
        return self._said(connection_arguments(self._url, self._options))
