"""What a thread does on its connection: functions of (connection, matter), no queues, no loop."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from evenflow.database.drivers.sqlite.errors import SqliteOperationalError
from evenflow.database.plan import Call, Kind, ManyCall, Plan, Want
from evenflow.errors import TransactionClosed

Act = Callable[[sqlite3.Connection, Any], Any]


def run_call(connection: sqlite3.Connection, call: Call) -> Any:
    """Run one statement and give what the caller wants of it."""
    cursor = connection.execute(call.sql, call.args)
    try:
        return _answer(cursor, call) if call.want is Want.ANSWER else _wanted(cursor, call)
    except BaseException:
        # The traceback keeps the cursor alive, and an unfinished cursor keeps its snapshot: later reads would be stale.
        cursor.close()
        raise


def _wanted(cursor: sqlite3.Cursor, call: Call) -> Any:
    want = call.want
    if want is Want.ALL:
        rows = cursor.fetchall()
        return call.plan.maker(cursor.description, call.into).all(rows) if rows else []
    first = _first(cursor, call.plan)
    if first is None:
        return None
    row = call.plan.maker(cursor.description, call.into).one(first)
    return row if want is Want.ONE else row[call.column]


def _first(cursor: sqlite3.Cursor, plan: Plan) -> Sequence[Any] | None:
    if plan.kind is Kind.READ:
        row: Sequence[Any] | None = cursor.fetchone()
        return row
    rows = cursor.fetchall()  # a write is only done when its RETURNING has been read to the end
    return rows[0] if rows else None


def _answer(cursor: sqlite3.Cursor, call: Call) -> Any:
    plan = call.plan
    if plan.returns_rows or plan.key_from_row:
        row = _first(cursor, plan)
        if row is None:
            return None if plan.returns_rows else 0
        made = plan.maker(cursor.description).one(row)
        return plan.key(made, call.args) if plan.key_from_row and plan.key else made[0]
    if plan.key is not None and cursor.rowcount == 1:
        return plan.key(cursor.lastrowid, call.args)
    return max(cursor.rowcount, 0)


def run_many(connection: sqlite3.Connection, call: ManyCall) -> Any:
    """Run one statement for many sets of arguments: all of them, or none."""
    inside = connection.in_transaction
    connection.execute("SAVEPOINT evenflow_many" if inside else "BEGIN IMMEDIATE")
    try:
        result = _run_batches(connection, call)
        connection.execute("RELEASE evenflow_many" if inside else "COMMIT")
    except BaseException:
        if connection.in_transaction:
            for undo in ("ROLLBACK TO evenflow_many", "RELEASE evenflow_many") if inside else ("ROLLBACK",):
                connection.execute(undo)
        raise
    return result


def _run_batches(connection: sqlite3.Connection, call: ManyCall) -> Any:
    count = 0
    rows: list[Any] = []
    returning = False
    for plan, sql, sets in call.batches:
        if plan.returns_rows:
            returning = True
            for args in sets:
                cursor = connection.execute(sql, args)
                rows += plan.maker(cursor.description, call.into).all(cursor.fetchall())
        else:
            count += max(connection.executemany(sql, sets).rowcount, 0)
    return rows if returning else count


class Open:
    """A cursor kept open between pieces of its result."""

    def __init__(self, call: Call, size: int) -> None:
        self.call = call
        self.sql = call.sql
        self.size = size
        self.cursor: sqlite3.Cursor | None = None
        self.closed = False

    def close(self) -> None:
        """Close it. In the connection's thread only."""
        self.closed = True
        if self.cursor is not None:
            self.cursor.close()


def fetch_piece(connection: sqlite3.Connection, opened: Open) -> list[Any]:
    """The next rows of an open result; it is opened by its first piece and closed after its last."""
    call = opened.call
    if opened.closed:
        raise SqliteOperationalError(
            "This iterate() was ended when a statement on its connection was cancelled or timed out. Start it again.",
            statement=call.sql,
        )
    if opened.cursor is None:
        opened.cursor = connection.execute(call.sql, call.args)
    try:
        rows = opened.cursor.fetchmany(opened.size)
        made = call.plan.maker(opened.cursor.description, call.into).all(rows) if rows else []
    except BaseException:
        opened.close()
        raise
    if len(rows) < opened.size:
        opened.close()
    return made


def begin(connection: sqlite3.Connection, sql: str) -> None:
    """Start a transaction; one that an abandoned BEGIN has started after all is as good."""
    if not connection.in_transaction:
        connection.execute(sql)


def run_sql(connection: sqlite3.Connection, sql: str) -> None:
    """A statement of our own: BEGIN, SAVEPOINT …"""
    connection.execute(sql)


def commit(connection: sqlite3.Connection, _: None) -> None:
    """Commit, or roll back and say why not."""
    if not connection.in_transaction:
        raise TransactionClosed(_GONE)
    try:
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def rollback(connection: sqlite3.Connection, _: None) -> None:
    """Roll back what there is."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def rollback_to(connection: sqlite3.Connection, name: str) -> None:
    """Undo the work since the savepoint and forget it."""
    if connection.in_transaction:
        connection.execute(f"ROLLBACK TO {name}")
        connection.execute(f"RELEASE {name}")


def inside(act: Act) -> Act:
    """`act`, but only while the transaction is still there: SQLite ends it by itself after some errors."""

    def act_inside(connection: sqlite3.Connection, matter: Any) -> Any:
        if not connection.in_transaction:
            raise TransactionClosed(_GONE)
        return act(connection, matter)

    return act_inside


_GONE = (
    "SQLite has rolled this transaction back after an earlier error or a cancelled statement; "
    "nothing of it was kept. Leave the block and run it again."
)
