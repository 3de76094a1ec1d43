"""`connection()`: one connection for a piece of the program, the same one for the same task."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Unpack

from evenflow.database.driver import Executor, Mode
from evenflow.database.holder import here
from evenflow.database.raw import RawConnection, raw_connection
from evenflow.database.scope import Children, Level, Scope
from evenflow.database.state import State
from evenflow.database.statements import Statements
from evenflow.database.transaction import BeginOptions, Transaction, begin_of
from evenflow.errors import NotConnected


class Connection(Statements):
    """A connection of one's own while its block is open: for temporary tables, ATTACH, and the raw driver.

    It is borrowed at the first statement. What the task, and tasks started inside the block, ask of the
    database meanwhile goes to this connection too. Outside a block it is the database by another name.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._entered = 0
        self._connection: Level | None = None
        self._raw: RawConnection | None = None

    def _level(self) -> Level | None:
        """The task's own level on this connection, else this connection."""
        standing = self._state.level
        own = self._connection
        if own is None or (standing is not None and standing.scope is own.scope):
            return standing
        return own

    @property
    def _executor(self) -> Executor:
        return self._level() or self._state.executor

    async def __aenter__(self) -> Connection:
        self._entered += 1
        if self._entered == 1 and self._state.level is None:
            scope = Scope(self._state.driver, Mode.PRIVATE, here())
            scope.innermost = self._connection = Level(scope, None, scope.holder, transaction=False)
            self._state.standing.set(self._connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered -= 1
        if self._entered:
            return
        level, self._connection, self._raw = self._connection, None, None
        task = asyncio.current_task()
        if task is not None and self._state.connections.get(task) is self:
            del self._state.connections[task]
        if level is not None:
            level.ended = True
            standing = self._state.standing.get()
            if standing is not None and standing.scope is level.scope:
                self._state.standing.set(None)
            level.scope.release()

    def transaction(
        self, *, force_rollback: bool = False, children: Children = "inherit", **begin: Unpack[BeginOptions]
    ) -> Transaction:
        """A transaction on this connection; options as for `Database.transaction`."""
        return Transaction(
            self._state, begin=begin_of(**begin), force_rollback=force_rollback, children=children, standing=self._level
        )

    @property
    def raw_connection(self) -> RawConnection:
        """The driver's own connection, behind an async face. Inside the block only."""
        level = self._level()
        if level is None:
            raise NotConnected("raw_connection is there inside `async with database.connection():` only.")
        if self._raw is None or self._raw.level is not level:
            self._raw = raw_connection(level)
        return self._raw
