"""Rows into a table by COPY, in its binary form."""

from __future__ import annotations

from typing import Any

import asyncpg

from evenflow.database.drivers.postgres.calls import counted
from evenflow.database.drivers.postgres.errors import FOREIGN
from evenflow.database.drivers.postgres.known import Known
from evenflow.database.drivers.postgres.many import run_many
from evenflow.database.plan import CopyTarget, ManyCall
from evenflow.errors import QueryError

_MARK = "SAVEPOINT evenflow_copy"
_FORGET = "RELEASE SAVEPOINT evenflow_copy"
_RETURN = "ROLLBACK TO SAVEPOINT evenflow_copy"


async def run_copy(raw: Any, call: ManyCall, target: CopyTarget, known: Known) -> Any:
    """The number of rows. A transaction is open: whether COPY takes the columns is found out by trying, once."""
    copies = known.can_copy(target)
    if copies is None:
        await raw.execute(_MARK)
        count = await _tried(raw, call, target)
        known.has_copied(target, well=count is not None)
        await raw.execute(_FORGET if count is not None else f"{_RETURN}; {_FORGET}")
        if count is not None:
            return count
    if copies:
        return await _copied(raw, call, target)
    return await run_many(raw, call, known)


async def _tried(raw: Any, call: ManyCall, target: CopyTarget) -> int | None:
    """None where a column has a type that asyncpg only writes as text (tsvector, types of extensions) or a table is
    one that takes INSERT only (row-level security, a view)."""
    try:
        return await _copied(raw, call, target)
    except asyncpg.InternalClientError as error:
        if "no binary format encoder" not in str(error):
            raise
    except (asyncpg.FeatureNotSupportedError, asyncpg.WrongObjectTypeError):
        pass
    return None


async def _copied(raw: Any, call: ManyCall, target: CopyTarget) -> int:
    records = [args for _, _, sets in call.batches for args in sets]
    try:
        status = await raw.copy_records_to_table(
            target.table, records=records, columns=target.columns, schema_name=target.schema
        )
    except FOREIGN:
        raise
    except Exception as error:  # noqa: BLE001 -- only asyncpg's encoders run in there
        kind = type(error).__name__
    else:
        return counted(status)
    # Outside of the handler: the encoders' messages show values.
    raise QueryError(
        f"A value does not fit the type its column has in PostgreSQL ({kind}); nothing of this call was kept. "
        f"The columns are {', '.join(target.columns)}.",
        statement=call.sql,
    )
