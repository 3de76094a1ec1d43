"""`copy_records()`: many rows into one table, in pieces, all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import islice
from typing import TYPE_CHECKING, Any

from evenflow.database.plan import ManyCall, Plan
from evenflow.database.statement import Loading, Planner, columns_of_all, loading_into, table_of
from evenflow.errors import QueryError, QueryTimeout

if TYPE_CHECKING:
    from sqlalchemy import Table

    from evenflow.database.statements import Statements

Record = Mapping[str, Any] | Sequence[Any]
Records = Iterable[Record] | AsyncIterable[Record]

PIECE = 4000
"""Records that are converted and sent at a time; no more than two pieces of an iterable are in memory.

More would keep the loop from others for longer than a few milliseconds, fewer cost COPY its speed (bench_bulk)."""


async def copy_records(
    owner: Statements, target: Any, records: Records, columns: Collection[Any] | None, timeout: float | None
) -> int:
    """The number of rows put into the table, in a transaction (or a savepoint) of `owner`'s."""
    load = Load(owner, table_of(target), columns)
    if not isinstance(records, Iterable | AsyncIterable) or isinstance(records, str | bytes | Mapping):
        raise QueryError(f"records is a {type(records).__name__}; it must be an iterable of mappings or sequences.")
    async with owner.transaction():
        try:
            # Not around the COMMIT: whoever hears of a timeout must be sure that nothing was kept.
            async with asyncio.timeout(timeout), aclosing(_pieces(records)) as pieces:
                async for piece in pieces:
                    await load.put(piece)
        except TimeoutError as error:
            if type(error) is not TimeoutError or timeout is None:
                raise
            raise QueryTimeout(f"The records were not loaded within timeout={timeout:g} s; none was kept.") from None
    return load.count


async def _pieces(records: Records) -> AsyncGenerator[list[Record], None]:
    if isinstance(records, Iterable):
        iterator = iter(records)
        while piece := list(islice(iterator, PIECE)):
            yield piece
        return
    piece = []
    async for record in records:
        piece.append(record)
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


class Load:
    """One load into one table. The first record says what all look like."""

    def __init__(self, owner: Statements, table: Table, columns: Collection[Any] | None) -> None:
        self._owner = owner
        self._planner: Planner = owner._state.planner
        self._table = table
        self._way = None if columns is None else loading_into(self._planner, table, columns)
        self._mappings: bool | None = None
        self._statement: tuple[Plan, str]
        self._read = 0
        self.count = 0
        """Rows put into the table so far."""

    async def put(self, piece: list[Any]) -> None:
        """Send some records."""
        self._check_kinds(piece)
        way = self._way
        if way is None:
            columns: Any = piece[0] if self._mappings else columns_of_all(self._table)
            way = self._way = loading_into(self._planner, self._table, columns)
        sets = self._by_name(way, piece) if self._mappings else self._by_position(way, piece)
        plan, sql = self._statement
        self.count += await self._owner._executor.run_many(ManyCall([(plan, sql, sets)], target=way.target))
        self._read += len(piece)

    def _check_kinds(self, piece: list[Any]) -> None:
        if self._mappings is None:
            self._mappings = isinstance(piece[0], Mapping)
        for kind in set(map(type, piece)):
            fits = issubclass(kind, Collection) and not issubclass(kind, str | bytes)
            if issubclass(kind, Mapping) is not self._mappings or not fits:
                number = [type(record) for record in piece].index(kind)
                wanted = "a mapping, as the first one is" if self._mappings else "a sequence of values"
                raise QueryError(f"{self._named(number)} is a {kind.__name__}; it must be {wanted}.")

    def _by_name(self, way: Loading, piece: list[Any]) -> list[Sequence[Any]]:
        if not all(isinstance(name, str) for name in piece[0]):
            piece = [{getattr(name, "key", name): value for name, value in record.items()} for record in piece]
        sets: list[Sequence[Any]] = []
        bound: Any = None
        width = len(way.names)
        for record in piece:  # hot: bench_bulk
            if len(record) != width:
                raise self._misfit(way, len(sets), record)
            try:
                bound = way.bound(record)
            except KeyError:
                bound = None
            if bound is None:
                raise self._misfit(way, len(sets), record)
            sets.append(bound[2])
        self._statement = bound[:2]
        return sets

    def _by_position(self, way: Loading, piece: list[Any]) -> list[Sequence[Any]]:
        names = way.names
        rows: list[Any] = list(map(tuple, piece))
        for number, row in enumerate(rows):
            if len(row) != len(names):
                raise QueryError(
                    f"{self._named(number)} has {len(row)} values; it must have {len(names)}: {', '.join(names)}."
                )
        if not self._read:
            self._statement = way.bound(dict(zip(names, rows[0], strict=True)))[:2]
        return way.all_bound(rows)

    def _misfit(self, way: Loading, number: int, record: Mapping[Any, Any]) -> QueryError:
        missing = [name for name in way.names if name not in record]
        surplus = [str(name) for name in record if name not in way.names]
        told = [f"no value for {', '.join(missing)}"] if missing else []
        told += [f"a value for {', '.join(surplus)}"] if surplus else []
        return QueryError(
            f"{self._named(number)} has {' and '.join(told)}. All records give the same columns: "
            f"{', '.join(way.names)}."
        )

    def _named(self, number: int) -> str:
        return f"Record {self._read + number + 1}"
