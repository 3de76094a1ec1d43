"""Lets SQLAlchemy's dialect know the server, by its own `initialize`, without an engine.

That asks a connection questions; the answers have been fetched before, by one query of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Dialect

from evenflow.database.drivers.mysql.killing import IDENTITY

QUESTIONS = ("VERSION()", "@@sql_mode", "@@lower_case_table_names", "DATABASE()", "CONNECTION_ID()", IDENTITY)
HELLO = f"SELECT {', '.join(QUESTIONS)}"
"""Asked on every new connection."""

Facts = Mapping[str, Any]
"""The answers, by question in lower case."""


def facts_of(row: tuple[Any, ...]) -> Facts:
    """The row that answers `HELLO`."""
    answers = [answer.decode() if isinstance(answer, bytes) else answer for answer in row]
    return dict(zip(map(str.lower, QUESTIONS), answers, strict=True))


def learn(dialect: Dialect, facts: Facts) -> bool:
    """Set what follows from the facts; says whether that changed anything."""
    before = _visible(dialect)
    dialect.initialize(_Prepared(facts))  # type: ignore[arg-type] # it does what `initialize` asks of a connection
    return _visible(dialect) != before


def _visible(dialect: Dialect) -> dict[str, Any]:
    return {name: value for name, value in vars(dialect).items() if isinstance(value, bool | int | str | tuple)}


class _Prepared:
    """A connection, its DB-API connection and its cursor in one: answers from the facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._row: tuple[Any, ...] = ()

    @property
    def connection(self) -> _Prepared:
        return self

    @property
    def dbapi_connection(self) -> _Prepared:
        return self

    def character_set_name(self) -> str:
        return "utf8mb4"

    def cursor(self) -> _Prepared:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def execute(self, sql: str) -> None:
        self.exec_driver_sql(sql)

    def exec_driver_sql(self, sql: str, *_: Any, **__: Any) -> _Prepared:
        question = sql.lower().removeprefix("select").strip()
        # The isolation level is asked for too, under changing names; nothing here depends on it.
        self._row = ("REPEATABLE-READ",) if "isolation" in question else (self._facts[question],)
        return self

    def fetchone(self) -> tuple[Any, ...]:
        return self._row

    first = fetchone

    def scalar(self) -> Any:
        return self._row[0]
