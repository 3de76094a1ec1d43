"""`Database`: where a program's statements go in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload
from weakref import WeakKeyDictionary

from sqlalchemy.schema import CreateIndex, CreateTable

from evenflow.database.completion import to_the_end
from evenflow.database.connection import Connection
from evenflow.database.driver import DatabaseStatistics, Mode
from evenflow.database.drivers import driver_for
from evenflow.database.holder import Holder
from evenflow.database.notifications import Notifications, disconnected
from evenflow.database.prepared import Prepared
from evenflow.database.scope import Children, Level, Scope
from evenflow.database.state import State
from evenflow.database.statement import needed_before, planner_for
from evenflow.database.statements import Statements
from evenflow.database.transaction import BeginOptions, Transaction, begin_of
from evenflow.database.url import DatabaseURL
from evenflow.errors import LifecycleError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from evenflow.database.rows import Row
    from evenflow.database.statements import Query

logger = logging.getLogger("evenflow.database")
T = TypeVar("T")


class Database(Statements):
    """A database by its URL: `Database("sqlite:///app.db")`.

    Everything encode/databases' `Database` offers works here as it does there; beyond it there are `prepare`,
    `into=`, `timeout=`, `create_all` and `statistics`. Options of the driver go into the URL's query string or are
    given by keyword. Connect it once for the life of the program: `async with database:`, or `Evenflow(app,
    database=database)`.

    Raises ConfigError for a URL or an option that cannot be used.
    """

    def __init__(self, url: str | DatabaseURL, *, force_rollback: bool = False, **options: Any) -> None:
        self.url = DatabaseURL(url)
        self.options = options
        self._force_rollback = force_rollback
        self._state = State(planner_for(driver_for(self.url, options).dialect))
        self._connecting = asyncio.Lock()

    @property
    def is_connected(self) -> bool:
        """Whether statements can be run."""
        return self._state.connected is not None

    async def connect(self) -> None:
        """Open the database; nothing happens where it is open. Raises CannotOpen."""
        async with self._connecting:
            if self._state.connected is not None:
                return
            driver = driver_for(self.url, self.options)
            await driver.open()
            if driver.taught:
                self._state.planner.learn(driver.dialect)
            self._state.connected = driver
        logger.info("Connected to %s", self.url.obscure_password)
        if self._force_rollback:
            holder = Holder("force_rollback", "everybody")
            scope = Scope(driver, Mode.WRITE, holder, shared=True)
            scope.innermost = self._state.everybody = Level(scope, None, holder, transaction=True)

    async def disconnect(self) -> None:
        """Close all connections; nothing happens where the database is not open.

        Open transactions are rolled back, and statements still waiting get NotConnected.
        """
        driver = self._state.connected
        if driver is None:
            return
        everybody, self._state.everybody = self._state.everybody, None
        if everybody is not None:
            everybody.ended = True
            everybody.scope.release()
        for listener in list(self._state.listeners):
            await listener.close(disconnected())
        self._state.connections.clear()
        self._state.standing.set(None)
        self._state.connected = None
        await to_the_end(driver.close(), grace=5.0)
        logger.info("Disconnected from %s", self.url.obscure_password)

    async def __aenter__(self) -> Database:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.disconnect()

    def connection(self) -> Connection:
        """The task's connection: `async with database.connection() as connection:`."""
        task = asyncio.current_task()
        if task is None:
            raise LifecycleError("connection() belongs to a task; call it inside a coroutine.")
        found = self._state.connections.get(task)
        if found is None:
            found = self._state.connections[task] = Connection(self._state)
        return found

    def transaction(
        self, *, force_rollback: bool = False, children: Children = "inherit", **begin: Unpack[BeginOptions]
    ) -> Transaction:
        """A transaction: `async with database.transaction():`, or a decorator, or `await` it and end it by hand.

        `force_rollback` undoes its work even where all went well. `readonly` gives a snapshot that no write
        disturbs and that keeps no writer waiting. `isolation` is "read committed", "repeatable read" or
        "serializable" (on SQLite every transaction is serializable); `deferrable` is PostgreSQL's. `children="error"`
        refuses statements of tasks started inside.
        """
        return Transaction(self._state, begin=begin_of(**begin), force_rollback=force_rollback, children=children)

    @overload
    def prepare(self, query: Query, *, into: None = None) -> Prepared[Row]: ...

    @overload
    def prepare(self, query: Query, *, into: type[T]) -> Prepared[T]: ...

    @overload
    def prepare(self, query: Query, *, into: object) -> Prepared[Any]: ...

    def prepare(self, query: Query, *, into: Any = None) -> Prepared[Any]:
        """A statement planned once and called by name.

        `get = db.prepare(users.select().where(users.c.id == bindparam("id")))`, then `await get(id=5)`.
        """
        return Prepared(self._state, self._state.planner.prepare(query), into)

    @contextlib.contextmanager
    def force_rollback(self) -> Iterator[None]:
        """Inside, `connect()` opens one transaction for everybody that `disconnect()` rolls back."""
        before, self._force_rollback = self._force_rollback, True
        try:
            yield
        finally:
            self._force_rollback = before

    async def create_all(self, metadata: MetaData) -> None:
        """Create the tables and indexes of `metadata` that are not there yet. For changes, use a migration tool."""
        # Where DDL commits by itself a transaction around it would only pretend.
        async with self.connection() if self._state.driver.ddl_commits else self.transaction():
            there = {row[0] for row in await self.fetch_all(self._state.driver.tables)}
            for table in metadata.sorted_tables:
                if table.name not in there:
                    for needed in needed_before(table, self._state.planner.dialect):
                        await self.execute(needed)
                    await self.execute(CreateTable(table))
                    for index in sorted(table.indexes, key=lambda index: str(index.name)):
                        await self.execute(CreateIndex(index))

    def listen(self, *channels: str, max_waiting: int = 10_000) -> Notifications:
        """What is sent to these channels (PostgreSQL): `async with database.listen("jobs") as notifications:`.

        `async for n in notifications` gives a `Notification` (`channel`, `payload`, `pid`) for each, and a `Missed`
        where some may be missing. At most `max_waiting` wait to be read. Raises CannotOpen, and behind a pooler too.
        """
        return Notifications(self._state, channels, max_waiting)

    def statistics(self) -> DatabaseStatistics:
        """What the database is doing now: connections, waiters, counts."""
        found = self._state.driver.statistics()
        return replace(found, listening=len(self._state.listeners)) if self._state.listeners else found

    @property
    def _connection_map(self) -> WeakKeyDictionary[asyncio.Task[Any], Connection]:
        return self._state.connections
