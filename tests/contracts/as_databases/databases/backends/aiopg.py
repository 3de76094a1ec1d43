"""aiopg's URLs go to asyncpg; only the words of the suite differ."""

from typing import Any

from databases.backends import Backend
from evenflow.database.drivers.postgres.settings import connection_arguments


class AiopgBackend(Backend):
    def _get_connection_kwargs(self) -> dict[str, Any]:
        said = self._said(connection_arguments(self._url, self._options))
        return {{"min_size": "minsize", "max_size": "maxsize"}.get(name, name): value for name, value in said.items()}
