"""Statements that take their time, as each database spells them."""

from __future__ import annotations

from evenflow import Database

_ROWS_A_SECOND = 8_000_000
_COUNTING = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {rows}) "


def slow(db: Database, seconds: float) -> str:
    """A SELECT of one row that takes about so long."""
    match db.url.dialect:
        case "sqlite":
            return f"{_counting(seconds)} SELECT count(*) FROM c"
        case "postgresql":
            return f"SELECT 1 FROM pg_sleep({seconds})"
        case _:
            return f"SELECT SLEEP({seconds})"


def slow_insert(db: Database, seconds: float) -> str:
    """An INSERT into `notes` that takes about so long."""
    match db.url.dialect:
        case "sqlite":
            rows = f"{_counting(seconds)} SELECT x, 0 FROM c"
        case "postgresql":
            rows = f"SELECT 'slow', false FROM pg_sleep({seconds})"
        case _:
            rows = f"SELECT 'slow', SLEEP({seconds})"
    return f"INSERT INTO notes (text, done) {rows}"


def _counting(seconds: float) -> str:
    return _COUNTING.format(rows=int(seconds * _ROWS_A_SECOND))
