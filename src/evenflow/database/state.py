"""What a database, its connections and its transactions share."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from evenflow.database.driver import Driver, Executor
from evenflow.database.scope import Level
from evenflow.database.statement import Planner
from evenflow.errors import NotConnected

if TYPE_CHECKING:
    from evenflow.database.notifications import Notifications


class State:
    """The driver while connected, the planner, and where each task stands."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.connected: Driver | None = None
        self.standing: ContextVar[Level | None] = ContextVar("evenflow_level", default=None)
        """The level of a transaction or a connection that a task stands in."""
        self.everybody: Level | None = None
        """The level all tasks stand in under `force_rollback`."""
        self.listeners: set[Notifications] = set()
        self.connections: WeakKeyDictionary[asyncio.Task[Any], Any] = WeakKeyDictionary()

    @property
    def level(self) -> Level | None:
        """The level the calling task stands in."""
        return self.standing.get() or self.everybody

    @property
    def driver(self) -> Driver:
        """The driver. Raises NotConnected."""
        driver = self.connected
        if driver is None:
            raise NotConnected(
                "The database is not connected. Use `async with database:`, `await database.connect()` at start-up, "
                "or `Evenflow(app, database=database)`."
            )
        return driver

    @property
    def executor(self) -> Executor:
        """Where the calling task's statements go."""
        return self.standing.get() or self.everybody or self.connected or self.driver
