"""MySQL, as encode/databases names it."""

from typing import Any

from databases.backends import Backend
from evenflow.database.drivers.mysql.settings import connection_arguments

_THEIRS = {"min_size": "minsize", "max_size": "maxsize"}


class AsyncMyBackend(Backend):
    def _get_connection_kwargs(self) -> dict[str, Any]:
        given = connection_arguments(self._url, self._options)
        said = [_THEIRS.get(name, name) for name in (*self._url.options, *self._options)]
        return {name: given[name] for name in said}
