"""Where the suite asks which arguments a backend gives to its driver: Evenflow's drivers answer."""

from collections.abc import Mapping
from typing import Any

from evenflow import Database, DatabaseURL


class Backend:
    """What the suite's tests of connection options use of a backend."""

    def __init__(self, url: str, **options: Any) -> None:
        self._url = DatabaseURL(url)
        self._options = options
        self._database: Database | None = None

    async def connect(self) -> None:
        self._database = Database(self._url, **self._options)
        await self._database.connect()

    async def disconnect(self) -> None:
        assert self._database is not None
        await self._database.disconnect()

    def _said(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Of what the driver is given, what the query string and the keywords say."""
        said = {*self._url.options, *self._options}
        return {name: value for name, value in arguments.items() if name in said}
