"""What all repositories share."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from depot.settings import settings

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"


class Repository:
    file: ClassVar[str] = "depot.db"

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or settings.folder) / self.file

    def query(self, sql: str, *arguments: Any) -> list[Any]:
        connection = sqlite3.connect(self.path)
        try:
            # bed: m/inherited-sqlite kind=disk depth=5 call=sqlite3.Connection.execute
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()

    def load(self, count: int) -> Any:
        return self._one(count)

    def _one(self, count: int) -> Any:
        raise NotImplementedError

    def lines(self) -> Iterator[str]:
        raise NotImplementedError
