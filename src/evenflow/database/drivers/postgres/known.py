"""What the connections to one server know together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from evenflow.database.plan import CopyTarget

Described = Sequence[tuple[str, int]]
"""Name and type number of each column of a result."""

_log = logging.getLogger("evenflow.database")
_KEPT = 1000


class Known:
    """The columns of statements that do not say them, how often tables have changed, and whether prepared
    statements can be kept."""

    __slots__ = ("_columns", "_copied", "caches", "version")

    def __init__(self, *, caches: bool) -> None:
        self.caches = caches
        self.version = 0
        """Raised by whatever makes connections forget what they have prepared."""
        self._columns: dict[str, Described] = {}
        self._copied: dict[CopyTarget, bool] = {}

    def columns(self, sql: str) -> Described | None:
        """The columns of a statement when it was described last."""
        return self._columns.get(sql)

    def remember(self, sql: str, columns: Described) -> None:
        """Keep the columns of a statement."""
        if len(self._columns) >= _KEPT:
            del self._columns[next(iter(self._columns))]
        self._columns[sql] = columns

    def can_copy(self, target: CopyTarget) -> bool | None:
        """Whether COPY takes these columns; None while nobody has tried."""
        return self._copied.get(target)

    def has_copied(self, target: CopyTarget, *, well: bool) -> None:
        """Remember whether COPY takes these columns."""
        if len(self._copied) >= _KEPT:
            del self._copied[next(iter(self._copied))]
        self._copied[target] = well

    def changed(self) -> None:
        """Tables or types have changed: no connection may trust what it remembers."""
        self.version += 1
        self._columns.clear()
        self._copied.clear()

    def keep_no_statements(self, why: str) -> None:
        """A pooler lends a different connection of the server each time: prepared statements would not be there."""
        if self.caches:
            self.caches = False
            self.version += 1
            _log.warning(
                "%s: a pooler such as PgBouncer is between this program and PostgreSQL. Statements are no longer kept "
                "prepared, which costs some speed; with a pooler that supports them, set statement_cache_size.",
                why,
            )


def is_altering(sql: str) -> bool:
    """Whether the statement changes tables or types that other connections may remember."""
    return sql.lstrip()[:5].upper() in ("ALTER", "DROP ")


Columns = list[tuple[str, int]]


def columns_of(statement: Any) -> Columns:
    """The columns of a prepared statement of asyncpg's."""
    return [(column.name, column.type.oid) for column in statement.get_attributes()]
