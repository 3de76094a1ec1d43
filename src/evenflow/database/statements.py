"""The statements a database and a connection offer alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from evenflow.database.bulk import Records, copy_records
from evenflow.database.driver import Cursor, Executor
from evenflow.database.encoding import NO_ROWS, JsonOf, json_response
from evenflow.database.holder import here
from evenflow.database.lookup import fetch_by_keys
from evenflow.database.notifications import notify
from evenflow.database.plan import Call, Kind, ManyCall, Want
from evenflow.database.stream import RowStream
from evenflow.errors import QueryError, QueryTimeout, TransactionMisused

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql import ClauseElement
    from starlette.responses import Response

    from evenflow.database.rows import Row
    from evenflow.database.state import State
    from evenflow.database.transaction import Transaction

    Query = ClauseElement | str

Values = Mapping[str, Any] | None
T = TypeVar("T")


class Statements:
    """Queries are SQLAlchemy Core statements, or SQL text with `:named` values.

    `timeout` is in seconds and bounds waiting for a connection plus execution: QueryTimeout. Where no connection
    comes free: PoolTimeout. What the database refuses: QueryError.
    """

    _state: State
    if TYPE_CHECKING:
        transaction: Callable[..., Transaction]

    @property
    def _executor(self) -> Executor:
        """Where the calling task's statements go."""
        return self._state.executor

    @overload
    async def fetch_all(
        self, query: Query, values: Values = None, *, into: None = None, timeout: float | None = None
    ) -> list[Row]: ...

    @overload
    async def fetch_all(
        self, query: Query, values: Values = None, *, into: type[T], timeout: float | None = None
    ) -> list[T]: ...

    @overload
    async def fetch_all(
        self, query: Query, values: Values = None, *, into: object, timeout: float | None = None
    ) -> list[Any]: ...

    async def fetch_all(
        self, query: Query, values: Values = None, *, into: Any = None, timeout: float | None = None
    ) -> list[Any]:
        """All rows; `into` makes each a Pydantic model, a dataclass or a TypedDict, validated."""
        call = self._call(query, values, Want.ALL, into)
        rows: list[Any] = await (self._executor.run(call) if timeout is None else self._run_within(timeout, call))
        return rows

    @overload
    async def fetch_one(
        self, query: Query, values: Values = None, *, into: None = None, timeout: float | None = None
    ) -> Row | None: ...

    @overload
    async def fetch_one(
        self, query: Query, values: Values = None, *, into: type[T], timeout: float | None = None
    ) -> T | None: ...

    @overload
    async def fetch_one(
        self, query: Query, values: Values = None, *, into: object, timeout: float | None = None
    ) -> Any: ...

    async def fetch_one(
        self, query: Query, values: Values = None, *, into: Any = None, timeout: float | None = None
    ) -> Any:
        """The first row, or None where there is none."""
        call = self._call(query, values, Want.ONE, into)
        return await (self._executor.run(call) if timeout is None else self._run_within(timeout, call))

    async def fetch_by_keys(
        self, query: Any, key: Any, keys: Iterable[Any], *, timeout: float | None = None
    ) -> dict[Any, Row]:
        """The rows of many keys in one trip: `await db.fetch_by_keys(sa.select(users), users.c.id, ids)`.

        `query` is a SELECT without a LIMIT, a Table or a declarative class; `key` a column of it that has each value
        once. The answer has a row for each key there is one for, by the key as the database holds it. More keys
        than fit into one statement (10,000 on PostgreSQL, 512 elsewhere) go one statement after another.
        """
        return await fetch_by_keys(self, query, key, keys, timeout)

    async def fetch_json(
        self, query: Query, values: Values = None, *, into: object, timeout: float | None = None
    ) -> bytes:
        """All rows as a JSON array: the bytes that FastAPI would send for them with `response_model=list[into]`."""
        call = self._call(query, values, Want.ALL, JsonOf(into))
        body = await (self._executor.run(call) if timeout is None else self._run_within(timeout, call))
        return body or NO_ROWS

    async def respond(
        self, query: Query, values: Values = None, *, into: object, timeout: float | None = None
    ) -> Response:
        """All rows as the response of a route: `return await db.respond(query, into=User)`."""
        return json_response(await self.fetch_json(query, values, into=into, timeout=timeout))

    async def fetch_val(
        self, query: Query, values: Values = None, column: Any = 0, *, timeout: float | None = None
    ) -> Any:
        """One value of the first row, by index, name or column; None where there is no row."""
        call = self._call(query, values, Want.VALUE, None)
        call.column = column
        return await (self._executor.run(call) if timeout is None else self._run_within(timeout, call))

    async def execute(self, query: Query, values: Values = None, *, timeout: float | None = None) -> Any:
        """Run a statement that changes something.

        It answers the primary key for an INSERT of one row, the first value where the statement returns rows
        (RETURNING), else the number of rows changed.
        """
        call = self._call(query, values, Want.ANSWER, None)
        return await (self._executor.run(call) if timeout is None else self._run_within(timeout, call))

    async def execute_many(
        self, query: Query, values: Sequence[Mapping[str, Any]], *, into: Any = None, timeout: float | None = None
    ) -> Any:
        """Run a statement for each of `values`: all of them happen, or none.

        It answers the number of rows changed, or the rows of a RETURNING.
        """
        batches = self._state.planner.bind_many(query, list(values))
        if not batches:
            return 0
        for plan, sql, _ in batches:
            if plan.kind is Kind.CONTROL:
                raise control_refused(sql)
        call = ManyCall(list(batches), into)
        return await (self._executor.run_many(call) if timeout is None else self._run_within(timeout, call))

    async def copy_records(
        self,
        table: Any,
        records: Records,
        *,
        columns: Collection[str | Column[Any]] | None = None,
        timeout: float | None = None,
    ) -> int:
        """Load many rows into a table, a Table or a declarative class: all of them, or none. Gives their number.

        `records` may be any iterable, an async one too; it is read in pieces. Each record is a mapping of the same
        columns, or a sequence of the values of `columns`; without `columns` of all the table has. Values and
        defaults are treated as an INSERT treats them; on PostgreSQL the rows then go by COPY. Raises QueryError
        for a record that does not fit, by its number.
        """
        return await copy_records(self, table, records, columns, timeout)

    async def notify(self, channel: str, payload: str = "", *, timeout: float | None = None) -> None:
        """Send a notification to all who listen to `channel` (PostgreSQL); in a transaction at its COMMIT.

        The payload may have 7999 bytes. Raises QueryError where it has more, and on other databases.
        """
        await notify(self, channel, payload, timeout)

    @overload
    def iterate(
        self, query: Query, values: Values = None, *, into: None = None, timeout: float | None = None
    ) -> RowStream[Row]: ...

    @overload
    def iterate(
        self, query: Query, values: Values = None, *, into: type[T], timeout: float | None = None
    ) -> RowStream[T]: ...

    @overload
    def iterate(
        self, query: Query, values: Values = None, *, into: object, timeout: float | None = None
    ) -> RowStream[Any]: ...

    def iterate(
        self, query: Query, values: Values = None, *, into: Any = None, timeout: float | None = None
    ) -> RowStream[Any]:
        """The rows one by one, read in pieces; `timeout` bounds the wait for each piece."""
        call = self._call(query, values, Want.ALL, into)
        holder = here()

        async def opened() -> Cursor:
            if call.plan.kind is not Kind.READ:
                raise QueryError("iterate() is for statements that read; use fetch_all() here.", statement=call.sql)
            return await self._executor.open_cursor(call, holder)

        return RowStream(opened, timeout, call.sql)

    def _call(self, query: Query, values: Values, want: Want, into: Any) -> Call:
        plan, sql, args = self._state.planner.bind(query, values)
        if plan.kind is Kind.CONTROL:
            raise control_refused(sql)
        return Call(plan, sql, args, want, into)

    async def _run(self, call: Call, timeout: float | None) -> Any:
        return await (self._executor.run(call) if timeout is None else self._run_within(timeout, call))

    async def _run_within(self, timeout: float, call: Call | ManyCall) -> Any:
        executor = self._executor
        try:
            async with asyncio.timeout(timeout):
                return await (executor.run(call) if isinstance(call, Call) else executor.run_many(call))
        except TimeoutError as error:
            raise _deadline(error, timeout, call.sql) from None


def _deadline(error: TimeoutError, timeout: float, statement: str) -> TimeoutError:
    if type(error) is not TimeoutError:
        return error  # PoolTimeout says more than we could
    return QueryTimeout(f"The statement did not finish within timeout={timeout:g} s.", statement=statement)


def control_refused(sql: str) -> TransactionMisused:
    """The error for a statement that would open or end a transaction."""
    return TransactionMisused(
        "Transactions are opened by `async with database.transaction():`, not by a statement, so that no "
        "connection goes back to others with one open.",
        statement=sql,
    )
