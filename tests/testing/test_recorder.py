"""`recording`: what Evenflow tells, kept."""

from __future__ import annotations

from pathlib import Path

from evenflow import Database
from evenflow.observe import ConnectionLent, SlowQuery
from evenflow.testing import recording


async def test_events_are_kept_in_order_and_by_kind(tmp_path: Path) -> None:
    async with Database(f"sqlite:///{tmp_path / 'a.db'}", slow_query=0.0) as db:
        with recording() as events:
            async with db.transaction():
                await db.execute("CREATE TABLE t (n)")
        await db.fetch_all("SELECT 1 FROM t")

    assert [slow.statement for slow in events.of(SlowQuery)] == ["CREATE TABLE t (n)"]
    assert len(events.of(ConnectionLent)) == 1
    assert isinstance(next(iter(events)), ConnectionLent)
    assert len(events) == 2
    events.clear()
    assert len(events) == 0
