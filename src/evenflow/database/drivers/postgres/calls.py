"""What is done with one call on a connection of asyncpg's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evenflow.database.drivers.postgres.known import Described, Known, columns_of
from evenflow.database.plan import Call, Kind, RowMaker, Want

_SYNC = "SELECT"
"""The smallest statement there is: no columns, one row."""


async def run_call(raw: Any, call: Call, known: Known) -> Any:
    """Run one statement and give what the caller wants of it."""
    want = call.want
    if want is Want.ANSWER:
        return await _answer(raw, call, known)
    if want is Want.ALL:
        records, described = await _fetched(raw, call, known, first=False)
        return _maker(call, described).all(records) if records else []
    record, described = await _first(raw, call, known)
    if record is None:
        return None
    row = _maker(call, described).one(record)
    return row if want is Want.ONE else row[call.column]


def _maker(call: Call, described: Described) -> RowMaker:
    return call.plan.maker(described, None if call.want is Want.ANSWER else call.into)


async def _first(raw: Any, call: Call, known: Known) -> tuple[Any, Described]:
    # A write is only done when its RETURNING has been read to the end.
    records, described = await _fetched(raw, call, known, first=call.plan.kind is Kind.READ)
    return (records[0] if records else None), described


async def _answer(raw: Any, call: Call, known: Known) -> Any:
    plan = call.plan
    if plan.returns_rows or plan.key_from_row:
        record, described = await _first(raw, call, known)
        if record is None:
            return None if plan.returns_rows else 0
        made = _maker(call, described).one(record)
        return plan.key(made, call.args) if plan.key_from_row and plan.key else made[0]
    count = counted(await executed(raw, call.sql, call.args))
    return plan.key(None, call.args) if plan.key is not None and count == 1 else count


async def executed(raw: Any, sql: str, args: Sequence[Any]) -> str:
    """Run a statement for its status, such as 'UPDATE 3'."""
    status: str | None
    if args or ";" not in sql:
        status = await raw.execute(sql, *args)
    else:
        # Without arguments asyncpg would send the text as a script, in which a COMMIT could hide.
        statement = await raw.prepare(sql, name="")
        await statement.fetch()
        status = statement.get_statusmsg()
    return status or ""


def counted(status: str) -> int:
    """How many rows a statement has changed, by its status."""
    word, _, number = status.rpartition(" ")
    return int(number) if number.isdecimal() and word != "SELECT" else 0


async def _fetched(raw: Any, call: Call, known: Known, *, first: bool) -> tuple[Sequence[Any], Described]:
    """The records, all or the first, and their columns where the plan needs to be told."""
    sql, args = call.sql, call.args
    if call.plan.settled is not None and (call.into is None or call.want is Want.ANSWER):
        return await _records(raw, sql, args, first=first), ()
    described = known.columns(sql)
    if described is None:
        # asyncpg would prepare an unknown statement in any case; so its columns cost nothing.
        statement = await raw.prepare(sql, name="")
        described = columns_of(statement)
        known.remember(sql, described)
        return (await _only(statement.fetchrow(*args)) if first else await statement.fetch(*args)), described
    records = await _records(raw, sql, args, first=first)
    if records and list(records[0].keys()) != [name for name, _ in described]:
        described = await _described_anew(raw, sql)
        known.remember(sql, described)
    return records, described


async def _records(raw: Any, sql: str, args: Sequence[Any], *, first: bool) -> Sequence[Any]:
    if first:
        return await _only(raw.fetchrow(sql, *args))
    records: Sequence[Any] = await raw.fetch(sql, *args)
    return records


async def _only(fetching: Any) -> Sequence[Any]:
    record = await fetching
    return () if record is None else (record,)


async def _described_anew(raw: Any, sql: str) -> Described:
    described = columns_of(await raw.prepare(sql, name=""))
    # Until the next statement the server would keep the lock on its tables that preparing takes.
    await raw.execute(_SYNC)
    return described
