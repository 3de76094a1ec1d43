"""Who may use which connection: the levels of a transaction, and the tasks that stand in them.

A scope is one connection for one piece of the program: `connection()` or a root `transaction()`. Its levels
are nested: the scope itself, then savepoints. A task stands in the level its context holds; tasks started there
inherit it, and so run on the same connection, never silently on another one.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, Literal

from evenflow.database.completion import to_the_end
from evenflow.database.driver import Begin, Cursor, Driver, Mode, Session
from evenflow.database.holder import Holder
from evenflow.database.plan import Call, Kind, ManyCall
from evenflow.errors import (
    ConcurrentTransactionUse,
    OtherTask,
    PoolTimeout,
    ReadOnly,
    TransactionClosed,
    TransactionMisused,
)

Children = Literal["inherit", "error"]

_names = count(1)
_BEGIN = Begin()


class Level:
    """One level of a scope: the connection itself, a transaction on it, or a savepoint."""

    def __init__(
        self, scope: Scope, parent: Level | None, holder: Holder, *, transaction: bool, children: Children = "inherit"
    ) -> None:
        self.scope = scope
        self.parent = parent
        self.holder = holder
        self.children = children
        self.ended = False
        self.in_transaction: bool = transaction or (parent is not None and parent.in_transaction)
        self.begun = not transaction
        """Whether the database knows of it: a transaction begins with its first statement."""
        nested = transaction and parent is not None and parent.in_transaction
        self.savepoint = f"evenflow_{next(_names)}" if nested else None
        self._task = _task()

    async def run(self, call: Call) -> Any:
        """One statement at this level."""
        session = await self._session(call.plan.kind, call.sql)
        return await session.run(call)

    async def run_many(self, call: ManyCall) -> Any:
        """One statement for many sets of arguments at this level."""
        plan, sql, _ = call.batches[0]
        session = await self._session(plan.kind, sql)
        return await session.run_many(call)

    async def open_cursor(self, call: Call, holder: Holder) -> Cursor:
        """A result on this scope's connection."""
        session = await self._session(call.plan.kind, call.sql)
        return await session.open_cursor(call, holder)

    async def session(self) -> Session:
        """The scope's connection, for raw access."""
        return await self._session(Kind.ALONE, None)

    async def nest(self, holder: Holder, children: Children) -> Level:
        """A level inside this one."""
        await self.check(None)
        level = Level(self.scope, self, holder, transaction=True, children=children)
        self.scope.innermost = level
        return level

    async def commit(self) -> None:
        """End the level and keep its work. Raises TransactionMisused where a level inside is still open."""
        self._leave(alone=True)
        if not self.begun:
            return
        session = self.scope.lent
        if self.savepoint is not None:
            await to_the_end(session.release_savepoint(self.savepoint))
        else:
            await to_the_end(session.commit())

    async def rollback(self) -> None:
        """End the level, and with it all levels still open inside, and undo its work."""
        self._leave(alone=False)
        if not self.begun:
            return
        session = self.scope.lent
        if self.savepoint is not None:
            await to_the_end(session.rollback_to(self.savepoint))
        else:
            await to_the_end(session.rollback())

    async def check(self, statement: str | None) -> None:
        """Raise where the task may not use this level now; wait where it may in a moment."""
        if self.ended or self.scope.closed:
            raise TransactionClosed(
                f"The {self._kind} opened at {self.holder.site} has ended, but {_task_name()} still uses it. "
                "Await what its block starts before leaving the block.",
                statement=statement,
            )
        if self.children == "error" and self._task is not _task():
            raise OtherTask(
                f"The transaction opened at {self.holder.site} by task {self.holder.task} was used by "
                f"{_task_name()}, and it was opened with children='error'.",
                statement=statement,
            )
        if self.scope.innermost is not self:
            await self.scope.wait_for(self, statement)

    async def _session(self, kind: Kind, statement: str | None) -> Session:
        await self.check(statement)
        scope = self.scope
        if scope.readonly and _changes(kind, statement):
            raise scope.refusal(statement)
        if not self.begun or scope.session is None:
            async with scope.lock:
                await self.check(statement)  # it may have ended while another task held the lock
                await self._begin(kind)
                await self.check(statement)  # or while the database was asked to begin
        return scope.lent

    async def _begin(self, kind: Kind) -> None:
        if self.parent is not None and not self.parent.begun:
            await self.parent._begin(kind)
        scope = self.scope
        if scope.session is None:
            await scope.check_out(kind)
        if self.begun:
            return
        if self.savepoint is not None:
            await scope.lent.savepoint(self.savepoint)
        else:
            await scope.lent.begin(scope.begin)
        self.begun = True

    @property
    def _kind(self) -> str:
        return "transaction" if self.in_transaction else "connection"

    def _leave(self, *, alone: bool) -> None:
        if self.ended or self.scope.closed:
            raise TransactionClosed(f"The transaction opened at {self.holder.site} has ended already.")
        inner = self.scope.innermost
        if alone and inner is not self:
            raise TransactionMisused(
                f"The transaction opened at {self.holder.site} cannot end before the one opened inside it at "
                f"{inner.holder.site}."
            )
        while inner is not self and inner.parent is not None:
            inner.ended = True
            inner = inner.parent
        self.ended = True
        if self.parent is not None:
            self.scope.innermost = self.parent
        self.scope.moved()

    def is_inside(self, level: Level) -> bool:
        """Whether this is `level` or a level inside it."""
        return self is level or (self.parent is not None and self.parent.is_inside(level))


class Scope:
    """One connection, lent at the first statement and given back at the end."""

    def __init__(
        self, driver: Driver, mode: Mode, holder: Holder, *, begin: Begin = _BEGIN, shared: bool = False
    ) -> None:
        self.driver = driver
        self.mode = mode
        self.begin = begin
        self.holder = holder
        self.shared = shared
        """Whether unrelated tasks stand in it (`force_rollback`): then they wait for each other's transactions."""
        self.readonly = mode is Mode.READ
        self.session: Session | None = None
        self.closed = False
        """Whether the connection has been given back for good."""
        self.lock = asyncio.Lock()
        self.innermost: Level
        self._stale: str | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def lent(self) -> Session:
        """The connection; there is one once a level has begun."""
        if self.session is None:
            raise TransactionClosed(f"The connection lent at {self.holder.site} has been given back.")
        return self.session

    async def check_out(self, kind: Kind) -> None:
        """Borrow the connection."""
        try:
            session = await self.driver.lend(self.mode, self.holder)
        except PoolTimeout as error:
            if self.mode is not Mode.WRITE or kind is not Kind.READ:
                raise
            # Nobody gains from failing a read: go on with a snapshot, and refuse the first write.
            session = await self.driver.lend(Mode.READ, self.holder)
            self.readonly, self._stale = True, str(error)
        if self.closed:
            session.release()  # who waited for it has left meanwhile
        else:
            self.session = session

    def refusal(self, statement: str | None) -> Exception:
        """Why this scope does not write."""
        if self._stale is None:
            return ReadOnly(
                f"The transaction opened at {self.holder.site} is readonly=True, so it cannot write.",
                statement=statement,
            )
        return PoolTimeout(
            f"The transaction opened at {self.holder.site} began reading while the writer was held, and so can only "
            f"read; run it again. {self._stale}",
            statement=statement,
        )

    def release(self) -> None:
        """Give the connection back; nothing runs in this scope any more."""
        self.closed = True
        session, self.session = self.session, None
        if session is not None:
            session.release()

    def moved(self) -> None:
        """The innermost level has changed."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def wait_for(self, level: Level, statement: str | None) -> None:
        """Come back when `level` is the innermost one; raise where waiting would be a mistake."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.driver.patience
        while self.innermost is not level:
            inner = self.innermost.holder
            if not self.shared or loop.time() >= deadline:
                raise ConcurrentTransactionUse(
                    f"{_task_name()} used the transaction opened at {level.holder.site} while another task had one "
                    f"open inside it at {inner.site} (task {inner.task}). What it did would be lost with that "
                    "one's rollback: let tasks that share a transaction nest one after another.",
                    statement=statement,
                )
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait({future}, timeout=deadline - loop.time())
            finally:
                self._waiting.discard(future)


def _task() -> asyncio.Task[Any] | None:
    return asyncio.current_task()


def _task_name() -> str:
    task = _task()
    return f"task {task.get_name()}" if task else "a callback"


def _changes(kind: Kind, statement: str | None) -> bool:
    # A PRAGMA may only ask; and what has no statement is access to the raw connection.
    if kind is Kind.ALONE:
        return statement is not None and not statement.lstrip()[:6].upper().startswith("PRAGMA")
    return kind is Kind.WRITE
