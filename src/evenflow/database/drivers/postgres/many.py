"""One statement for many sets of arguments: all sent at once, the answers read together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evenflow.database.drivers.postgres.calls import counted, executed
from evenflow.database.drivers.postgres.known import Known, columns_of
from evenflow.database.plan import ManyCall, Plan

_COUNTABLE = ("INSERT", "UPDATE", "DELETE")


def is_atomic(call: ManyCall) -> bool:
    """Whether everything is one message to the server, which is a transaction by itself."""
    if call.target is not None:
        return False
    if len(call.batches) != 1:
        return False
    plan, sql, sets = call.batches[0]
    return len(sets) == 1 or plan.returns_rows or _countable(sql)


async def run_many(raw: Any, call: ManyCall, known: Known) -> Any:
    """The number of rows, or the rows of a RETURNING."""
    count = 0
    rows: list[Any] = []
    returning = False
    for plan, sql, sets in call.batches:
        if plan.returns_rows:
            returning = True
            rows += await _returned(raw, plan, sql, sets, call.into, known)
        elif _countable(sql):
            # asyncpg tells no counts for many sets, but it returns rows; so each changed row is made to answer.
            count += len(await raw.fetchmany(f"{sql}\nRETURNING 1", sets))
        else:
            for args in sets:
                count += counted(await executed(raw, sql, args))
    return rows if returning else count


def _countable(sql: str) -> bool:
    """Whether the statement answers for each row it changes when RETURNING is written behind it."""
    return ";" not in sql and sql.lstrip()[:6].upper() in _COUNTABLE


async def _returned(
    raw: Any, plan: Plan, sql: str, sets: Sequence[Sequence[Any]], into: Any, known: Known
) -> list[Any]:
    described = known.columns(sql)
    if described is None and (plan.settled is None or into is not None):
        described = columns_of(await raw.prepare(sql, name=""))
        known.remember(sql, described)
    records = await raw.fetchmany(sql, sets)
    return plan.maker(described or (), into).all(records) if records else []
