"""One connection to MySQL or MariaDB."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from evenflow.database.driver import Begin
from evenflow.database.drivers.mysql import answering, errors, inserting, values
from evenflow.database.drivers.mysql.abilities import Facts
from evenflow.database.drivers.mysql.answering import Result
from evenflow.database.drivers.mysql.cursor import MysqlCursor
from evenflow.database.drivers.mysql.killing import IDENTITY, Killer
from evenflow.database.drivers.mysql.library import Library, literal, written
from evenflow.database.drivers.mysql.values import SENDABLE
from evenflow.database.plan import Call, Kind, ManyCall, Plan
from evenflow.errors import ConnectionLost, DatabaseError

_LASTING_DDL: Final = re.compile(
    r"\s*(?:CREATE|ALTER|DROP|TRUNCATE)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW)\b", re.IGNORECASE
)
_ISOLATIONS: Final = frozenset({"read uncommitted", "read committed", "repeatable read", "serializable"})
_REMEMBERED: Final = 2000


@dataclass(frozen=True, slots=True)
class Shared:
    """What all wires of a server have in common."""

    killer: Killer
    prepares: bool
    """Whether the library lets the server prepare statements."""
    resets: bool
    """Whether a changed session is reset before somebody else gets it."""
    texts: dict[str, None] = field(default_factory=dict)
    """Statements that go as text, because of what their results hold."""


class MysqlWire:
    """One connection, in autocommit mode.

    With asyncmy statements go to the server prepared, and rows come in binary. What would give another value there
    than SQLAlchemy gets goes as text: arguments of unusual types, and results with FLOAT columns.
    """

    interleaves = False

    def __init__(self, connection: Any, library: Library, facts: Facts, shared: Shared) -> None:
        self.facts = facts
        self.altered = False
        self._connection = connection
        self._library = library
        self._shared = shared
        self._new_cursor = library.cursors(connection)
        self._write = partial(written, library, connection)
        self._prepares = shared.prepares
        self._texts = shared.texts
        self._seen: dict[str, Any] = {}
        """The description that each statement's result had when it was looked at."""
        self._busy: str | None = None
        """The statement that has been sent and whose result has not been read: after a cancellation it still runs."""
        self._stream: MysqlCursor | None = None
        """The open result; nothing else can be done before it has been read or given up."""

    @property
    def raw(self) -> Any:
        """The driver's own connection."""
        return self._connection

    @property
    def lost(self) -> bool:
        """Whether the connection is closed, by whichever side."""
        # Where nobody resets it, a connection with an open result that was left behind is of no use to others.
        return self._library.is_lost(self._connection) or (self._stream is not None and not self._shared.resets)

    @property
    def in_transaction(self) -> bool:
        """Whether the server has said that a transaction is open."""
        status: bool = self._connection.get_transaction_status()
        return status

    async def run(self, call: Call) -> Any:
        """One statement, answered as `call.want` asks."""
        # hot: bench_mysql. One cursor, one call of the library, and the row maker.
        plan, sql, args = call.plan, call.sql, call.args
        if not (
            plan.plain
            and self._prepares
            and sql not in self._texts
            and ";" not in sql
            and SENDABLE.issuperset(map(type, args))
        ):
            result, rows = await self._run_carefully(plan, sql, args)
            return answering.answer(call, result, rows)
        self._busy = sql
        cursor = self._new_cursor()
        try:
            await cursor.execute(sql, args)
            rows = await cursor.fetchall()
        except Exception as error:  # noqa: BLE001 -- told apart below, outside the handler
            failure = error
        else:
            self._busy = None
            if rows and cursor.description is not self._seen.get(sql):
                rows = self._looked_at(sql, cursor.description, rows)
            return answering.answer(call, cursor, rows)
        if isinstance(failure, ValueError) and values.too_large(args):
            self._busy = None  # the library noticed before it sent anything
            result, rows = await self._run_carefully(plan, sql, args)
            return answering.answer(call, result, rows)
        raise await self._refused(failure, sql)

    async def _run_carefully(self, plan: Plan, sql: str, args: Sequence[Any]) -> tuple[Any, Sequence[Sequence[Any]]]:
        """Run what is not known to be simple: by text where that is safer, and to its last result."""
        if (not plan.plain and not _LASTING_DDL.match(sql)) or ";" in sql.rstrip("; \n"):
            self.altered = True
        binary = (
            self._prepares
            and plan.kind is not Kind.ALONE
            and sql not in self._texts
            and values.may_go_binary(args)
            and not values.too_large(args)
        )
        if binary:
            result, rows = await self._fetched(sql, args, sql)
            return result, self._looked_at(sql, result.description, rows) if rows else rows
        return await self._fetched(self._text(sql, args), None, sql)

    async def _fetched(self, text: str, args: Sequence[Any] | None, sql: str) -> tuple[Result, Sequence[Sequence[Any]]]:
        """Run a text and read all its results; the first one counts."""
        cursor = self._new_cursor()

        async def run() -> tuple[Result, Sequence[Sequence[Any]]]:
            await cursor.execute(text, args)
            rows = await cursor.fetchall()
            result = Result(cursor.description, cursor.rowcount, cursor.lastrowid)
            while await cursor.nextset():
                pass
            return result, rows

        outcome: tuple[Result, Sequence[Sequence[Any]]] = await self._done(run(), sql)
        return outcome

    async def _done(self, work: Awaitable[Any], sql: str) -> Any:
        """The outcome of what talks to the server, with our errors."""
        self._busy = sql
        try:
            outcome = await work
        except Exception as error:  # noqa: BLE001 -- told apart below, outside the handler
            failure = error
        else:
            self._busy = None
            return outcome
        raise await self._refused(failure, sql)

    def _text(self, sql: str, args: Sequence[Any]) -> str:
        try:
            return self._write(sql, args)
        except Exception as error:  # noqa: BLE001 -- nothing has been sent; whatever it is, it is about a value
            failure = errors.unsendable(error, sql)
        raise failure

    def _looked_at(self, sql: str, description: Any, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The rows, once it is known whether this statement's results may come in binary."""
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[sql] = description
        columns = values.float_columns(description)
        if not columns:
            return rows
        if len(self._texts) >= _REMEMBERED:
            self._texts.clear()
        self._texts[sql] = None
        return values.with_floats_as_text(rows, columns)

    async def _refused(self, error: Exception, sql: str | None) -> Exception:
        """Our error for one of the library's, with the connection in a known state."""
        if isinstance(error, self._library.error) and errors.is_answer(error):
            self._busy = None
            await self._ask_status()
            return errors.translated(error, sql)
        if isinstance(error, UnicodeEncodeError):
            self._busy = None  # the library noticed before it sent anything
            return errors.unsendable(error, sql)
        # What follows in the stream is not known any more.
        self.abort()
        if isinstance(error, self._library.error):
            return errors.translated(error, sql)
        if isinstance(error, OSError | EOFError):
            return errors.lost(sql)
        return errors.unreadable(sql) if isinstance(error, ValueError | ArithmeticError) else error

    async def _ask_status(self) -> None:
        """An error does not say whether it has ended the transaction, as a deadlock does; a ping does."""
        if self.in_transaction:
            try:
                await self._connection.ping(reconnect=False)
            except Exception:  # noqa: BLE001 -- then the connection is gone, and the next statement says so
                self.abort()

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments: the number of rows, or the rows of a RETURNING."""
        count = 0
        rows: list[Any] = []
        returning = False
        for plan, sql, sets in call.batches:
            if plan.returns_rows:
                returning = True
                for args in sets:
                    result, found = await self._run_carefully(plan, sql, args)
                    rows += answering.rows_made(plan, result, found, call.into)
            else:
                count += await self._changed(plan, sql, sets)
        return rows if returning else count

    async def _changed(self, plan: Plan, sql: str, sets: list[Sequence[Any]]) -> int:
        insert = inserting.taken_apart(sql) if len(sets) > 1 else None
        count = 0
        if insert is None:
            for args in sets:
                result, _ = await self._run_carefully(plan, sql, args)
                count += max(result.rowcount, 0)
            return count
        if not plan.plain:
            self.altered = True
        texts = inserting.statements(insert, sets, partial(literal, self._library, self._connection))
        while (text := self._next(texts, sql)) is not None:
            result, _ = await self._fetched(text, None, sql)
            count += max(result.rowcount, 0)
        return count

    def _next(self, texts: Any, sql: str) -> str | None:
        try:
            text: str | None = next(texts, None)
        except Exception as error:  # noqa: BLE001 -- nothing has been sent; whatever it is, it is about a value
            failure = errors.unsendable(error, sql)
        else:
            return text
        raise failure

    def is_atomic(self, call: ManyCall) -> bool:
        """Whether `run_many` is one statement on the server."""
        if len(call.batches) != 1:
            return False
        plan, sql, sets = call.batches[0]
        return len(sets) == 1 or (not plan.returns_rows and inserting.is_one_statement(sql, sets))

    async def open_cursor(self, call: Call) -> MysqlCursor:
        """The rows of a statement, sent as text: the libraries cannot read a prepared one piece by piece."""
        text = self._text(call.sql, call.args)
        cursor = self._library.streaming(self._connection)
        await self._done(cursor.execute(text, None), call.sql)
        self._busy = call.sql
        self._stream = MysqlCursor(self, cursor, call, altered=self.altered or not call.plan.plain)
        self.altered = True  # until it has been read: whoever gives the connection back before that has it reset
        return self._stream

    async def read(self, cursor: Any, size: int, sql: str) -> list[Any]:
        """The next rows of an open result; for `MysqlCursor`."""
        rows: list[Any] = list(await self._done(cursor.fetchmany(size), sql))
        self._busy = sql if len(rows) == size else None
        if self._busy is None and self._stream is not None:
            self.altered = self._stream.altered
            self._stream = None
        return rows

    async def begin(self, begin: Begin) -> None:
        """Start a transaction."""
        if begin.isolation is not None:
            if begin.isolation not in _ISOLATIONS:
                raise ValueError(f"isolation is {begin.isolation!r}; it can be {', '.join(sorted(_ISOLATIONS))}")
            await self.command(f"SET TRANSACTION ISOLATION LEVEL {begin.isolation.upper()}")
        await self.command("START TRANSACTION READ ONLY" if begin.readonly else "START TRANSACTION")

    async def command(self, sql: str) -> None:
        """COMMIT, ROLLBACK, SAVEPOINT …: no arguments, no rows."""
        await self._done(self._connection.query(sql), sql)

    async def recover(self) -> None:
        """Come back where the last call has ended; else the connection is given up.

        Both libraries close the connection of a cancelled call, so that there is nothing to wait for: the statement is
        killed over a side connection, in the background.
        """
        if self._stream is not None:
            await self._stream.close()
        if self._busy is not None or self.lost:
            self.abort()
            raise ConnectionLost("The connection was closed when its statement was cancelled.")

    async def reset(self) -> None:
        """Roll back; a changed session ends with its connection, for neither library can make it as new."""
        if self._stream is not None:
            await self._stream.close()
        if self.altered:
            await self.close()
        elif self.in_transaction:
            await self.command("ROLLBACK")

    async def close(self) -> None:
        """Say goodbye and close."""
        try:
            await self._connection.ensure_closed()
        except (DatabaseError, OSError, EOFError, self._library.error):
            self._connection.close()

    def abort(self) -> None:
        """Close at once; what still runs on the server is killed in the background."""
        if self._busy is not None:
            self._shared.killer.kill(self.facts["connection_id()"], self.facts[IDENTITY.lower()], self._busy)
            self._busy = None
        self._connection.close()
