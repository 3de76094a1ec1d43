"""`fetch_by_keys()`: the rows of many keys in one trip."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from evenflow.database.statement import searched
from evenflow.errors import QueryError

if TYPE_CHECKING:
    from evenflow.database.rows import Row
    from evenflow.database.statements import Statements


async def fetch_by_keys(
    owner: Statements, query: Any, key: Any, keys: Iterable[Any], timeout: float | None
) -> dict[Any, Row]:
    """Each key's row, where it has one."""
    search = searched(query, key, owner._state.planner.dialect)
    if isinstance(keys, str | bytes) or not isinstance(keys, Iterable):
        raise QueryError(f"keys is a {type(keys).__name__}; it must be an iterable of keys.")
    wanted = [one for one in dict.fromkeys(keys) if one is not None]
    found: dict[Any, Row] = {}
    deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
    for statement in search.statements(wanted):
        left = None if deadline is None else max(0.0, deadline - asyncio.get_running_loop().time())
        rows = await owner.fetch_all(statement, timeout=left)
        by_key = {row[search.position]: row for row in rows}
        if len(by_key) < len(rows):
            raise QueryError(
                f"{search.key} is no key of these rows: one of its values has several. Use fetch_all() with in_()."
            )
        found |= by_key
    return found
