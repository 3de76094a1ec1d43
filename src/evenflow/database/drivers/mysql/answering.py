"""What the caller gets of a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evenflow.database.drivers.mysql.inserting import taken_apart
from evenflow.database.plan import Call, Plan, Want


@dataclass(slots=True)
class Result:
    """A result that has been read to its end; has the names of a cursor."""

    description: Any
    rowcount: int
    lastrowid: int | None


def answer(call: Call, result: Any, rows: Sequence[Sequence[Any]]) -> Any:
    """The rows, the row, the value or the number the call wants; `result` is a cursor or a `Result`."""
    plan, want = call.plan, call.want
    if want is Want.ANSWER:
        return _answered(call, result, rows)
    if not rows:
        return [] if want is Want.ALL else None
    maker = plan.settled if call.into is None else None
    if maker is None:
        maker = plan.maker(result.description, call.into)
    if want is Want.ALL:
        return maker.all(rows)
    row = maker.one(rows[0])
    return row if want is Want.ONE else row[call.column]


def _answered(call: Call, result: Any, rows: Sequence[Sequence[Any]]) -> Any:
    plan = call.plan
    if plan.returns_rows or plan.key_from_row:
        if not rows:
            return None if plan.returns_rows else 0
        made = plan.maker(result.description).one(rows[0])
        return plan.key(made, call.args) if plan.key_from_row and plan.key else made[0]
    count: int = max(result.rowcount, 0)
    if plan.key is not None and (count == 1 or (count == 2 and _replaces_one(call.sql))):
        key = plan.key(result.lastrowid or None, call.args)
        # 0 is MySQL's way to say that the table counts nothing.
        return count if key is None else key
    return count


def _replaces_one(sql: str) -> bool:
    """Whether this is a REPLACE of one row: the row that went and the row that came are two for MySQL."""
    return sql.lstrip()[:7].upper() == "REPLACE" and taken_apart(sql) is not None


def rows_made(plan: Plan, result: Any, rows: Sequence[Sequence[Any]], into: Any) -> list[Any]:
    """All rows, as the caller sees them."""
    return plan.maker(result.description, into).all(rows) if rows else []
