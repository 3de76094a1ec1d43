"""`prepare()`: a statement planned once, called with named values at the speed of the driver."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from evenflow.database.encoding import NO_ROWS, JsonOf, json_response
from evenflow.database.plan import Call, Kind, Want
from evenflow.database.state import State
from evenflow.database.statement import Binder
from evenflow.database.statements import control_refused
from evenflow.errors import ConfigError

if TYPE_CHECKING:
    from starlette.responses import Response

T = TypeVar("T")


class Prepared(Generic[T]):
    """`await prepared(id=5)` gives what `fetch_all` would; the other methods are named as on the database."""

    def __init__(self, state: State, binder: Binder, into: Any) -> None:
        self._state = state
        self._binder = binder
        self._into = into
        self._json = None if into is None else JsonOf(into)

    async def __call__(self, **values: Any) -> list[T]:
        """All rows."""
        rows: list[T] = await self._run(Want.ALL, values)
        return rows

    async def fetch_all(self, **values: Any) -> list[T]:
        """All rows."""
        rows: list[T] = await self._run(Want.ALL, values)
        return rows

    async def fetch_one(self, **values: Any) -> T | None:
        """The first row, or None."""
        row: T | None = await self._run(Want.ONE, values)
        return row

    async def fetch_json(self, **values: Any) -> bytes:
        """All rows as a JSON array, written as the type given to `prepare(…, into=…)`; see `Database.fetch_json`."""
        if self._json is None:
            raise ConfigError("prepare(…, into=User) has to say what the rows are written as.")
        plan, sql, args = self._binder(values)
        if plan.kind is Kind.CONTROL:
            raise control_refused(sql)
        body: bytes = await self._state.executor.run(Call(plan, sql, args, Want.ALL, self._json))
        return body or NO_ROWS

    async def respond(self, **values: Any) -> Response:
        """All rows as the response of a route."""
        return json_response(await self.fetch_json(**values))

    async def fetch_val(self, **values: Any) -> Any:
        """The first value of the first row, or None."""
        return await self._run(Want.VALUE, values)

    async def execute(self, **values: Any) -> Any:
        """As `Database.execute`."""
        return await self._run(Want.ANSWER, values)

    def _run(self, want: Want, values: dict[str, Any]) -> Awaitable[Any]:
        plan, sql, args = self._binder(values)
        if plan.kind is Kind.CONTROL:
            raise control_refused(sql)
        into = self._into if want in (Want.ALL, Want.ONE) else None
        return self._state.executor.run(Call(plan, sql, args, want, into))
