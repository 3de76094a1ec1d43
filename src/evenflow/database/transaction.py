"""`transaction()`: a context manager, a decorator, or started and ended by hand."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import ParamSpec, TypedDict, TypeVar, cast, get_args

from evenflow.database.driver import Begin, Isolation, Mode
from evenflow.database.holder import here
from evenflow.database.scope import Children, Level, Scope
from evenflow.database.state import State
from evenflow.errors import TransactionClosed, TransactionMisused

P = ParamSpec("P")
T = TypeVar("T")


class BeginOptions(TypedDict, total=False):
    """What can be said of how a transaction starts."""

    isolation: Isolation | None
    readonly: bool
    deferrable: bool


def begin_of(isolation: str | None = None, *, readonly: bool = False, deferrable: bool = False) -> Begin:
    """How a transaction starts. Raises TransactionMisused for an isolation level there is not."""
    level = isolation.replace("_", " ").lower() if isolation is not None else None
    if level is not None and level not in get_args(Isolation):
        raise TransactionMisused(f"isolation is {isolation!r}; it can be one of {', '.join(get_args(Isolation))}.")
    if readonly and level is None:
        level = "repeatable read"  # what a server calls a snapshot
    return Begin(cast("Isolation | None", level), readonly, deferrable)


class Transaction:
    """A transaction, or a savepoint inside the one that is open already.

    It begins with its first statement, commits where the block ends well and rolls back where an error or a
    cancellation leaves it. Tasks started inside use it too. COMMIT is never cut short by a cancellation.
    """

    def __init__(
        self,
        state: State,
        *,
        begin: Begin,
        force_rollback: bool = False,
        children: Children = "inherit",
        standing: Callable[[], Level | None] | None = None,
    ) -> None:
        if children not in ("inherit", "error"):
            raise TransactionMisused(f"children is {children!r}; it can be 'inherit' or 'error'.")
        self._state = state
        self._begin = begin
        self._force_rollback = force_rollback
        self._children = children
        self._standing = standing or (lambda: state.level)
        self._level: Level | None = None

    async def start(self) -> Transaction:
        """Open it. Each start needs one `commit()` or `rollback()`."""
        if self._level is not None and not self._level.ended:
            raise TransactionMisused(
                f"This transaction was started at {self._level.holder.site} and has not ended. Make one for each "
                "use with `database.transaction()`."
            )
        state = self._state
        outer = self._standing()
        if outer is None:
            mode = Mode.READ if self._begin.readonly else Mode.WRITE
            scope = Scope(state.driver, mode, here(), begin=self._begin)
            self._level = Level(scope, None, scope.holder, transaction=True, children=self._children)
            scope.innermost = self._level
        else:
            self._level = await self._nested(outer)
        state.standing.set(self._level)
        return self

    async def _nested(self, outer: Level) -> Level:
        said = [name for name in ("isolation", "readonly", "deferrable") if getattr(self._begin, name)]
        for name in said:
            if getattr(outer.scope.begin, name) != getattr(self._begin, name):
                raise TransactionMisused(
                    f"{name}= can only be said of an outermost transaction; this one is inside the one opened at "
                    f"{outer.holder.site}."
                )
        return await outer.nest(here(), self._children)

    async def commit(self) -> None:
        """Keep its work. Raises what the database says against it; the work is then rolled back."""
        await self._end(self._open_level().commit)

    async def rollback(self) -> None:
        """Undo its work."""
        await self._end(self._open_level().rollback)

    async def _end(self, how: Callable[[], Awaitable[None]]) -> None:
        level = self._open_level()
        try:
            await how()
        finally:
            if level.ended:
                self._level = None
                standing = self._state.standing.get()
                if standing is not None and standing.is_inside(level):
                    self._state.standing.set(level.parent)
                if level.parent is None:
                    level.scope.release()

    def _open_level(self) -> Level:
        if self._level is None:
            raise TransactionClosed("This transaction is not open: it was never started, or it has ended.")
        return self._level

    @property
    def _transaction(self) -> Level | None:
        """The open level, where the asking task stands in it."""
        standing = self._state.standing.get()
        inside = standing is not None and self._level is not None and standing.is_inside(self._level)
        return self._level if inside else None

    async def __aenter__(self) -> Transaction:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and self._level is not None and (self._level.ended or self._level.scope.closed):
            return  # it was ended from outside, and the error in flight says more
        if error is not None or self._force_rollback:
            await self.rollback()
            return
        try:
            await self.commit()
        except TransactionMisused:
            if self._level is not None and not self._level.ended:
                await self.rollback()
            raise

    def __await__(self) -> Generator[None, None, Transaction]:
        return self.start().__await__()

    def __call__(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """As a decorator: every call of `function` in a transaction of its own."""

        @functools.wraps(function)
        async def in_transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            async with self._again():
                return await function(*args, **kwargs)

        return in_transaction

    def _again(self) -> Transaction:
        return Transaction(
            self._state,
            begin=self._begin,
            force_rollback=self._force_rollback,
            children=self._children,
            standing=self._standing,
        )
