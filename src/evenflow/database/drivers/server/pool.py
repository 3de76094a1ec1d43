"""A light pool of connections: last in, first out, opened when needed, bounded, and able to heal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple

from evenflow import observe
from evenflow.database.drivers.server.wire import Server, Wire
from evenflow.database.holder import Holder
from evenflow.errors import (
    CannotOpen,
    ConnectionLost,
    EvenflowError,
    LifecycleError,
    NotConnected,
    PoolTimeout,
    QueueFull,
)

_BACKOFF = 0.05
_LONGEST_BACKOFF = 5.0
_ROUND_SECONDS = 1.0
_GOODBYE = 2.0
_DISCONNECTED = "the database was disconnected"


class _Waiter(NamedTuple):
    future: asyncio.Future[Wire]
    until: float
    """By the loop's clock."""
    statement: str | None


class Pool:
    """Connections of one server. The one given back last is lent first, because its caches are warm.

    A connection whose state is not known after a call is looked after in the background, and lent again only when
    it has answered, with no transaction open. While the server cannot be reached, new connections are tried with
    growing pauses as long as somebody waits.
    """

    def __init__(self, server: Server, explain: Callable[[], str], holders: Callable[[], list[Holder]]) -> None:
        self._server = server
        self._telling = server.telling
        self._holders = holders
        self._settings = server.settings
        self._explain = explain
        self._loop = asyncio.get_running_loop()
        self._idle: list[tuple[Wire, float]] = []
        self._born: dict[Wire, float] = {}
        self._waiting: deque[_Waiter] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._opening = 0
        self._failures = 0
        self._last_failure: CannotOpen | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._rounds: asyncio.TimerHandle | None = None
        self._closed = False
        self.exhausted = 0
        """Times somebody waited in vain."""
        self.waited = 0
        """Times somebody had to wait."""
        self.discarded = 0
        """Connections closed because they were lost or could not be trusted any more."""

    def __len__(self) -> int:
        return len(self._born)

    @property
    def waiting(self) -> int:
        """Who waits for a connection."""
        return len(self._waiting)

    async def open(self) -> bool:
        """Open the first connections; says whether the first has taught the dialect anything. Raises CannotOpen."""
        self._rounds = self._loop.call_later(_ROUND_SECONDS, self._round)
        for _ in range(max(1, self._settings.min_size)):
            wire = await self._server.connect()
            self._born[wire] = monotonic()
            self._idle.append((wire, monotonic()))
        return self._server.teach(self._idle[0][0])

    def take_idle(self) -> Wire | None:
        """A connection that is there already. Raises LifecycleError in another event loop."""
        idle = self._idle
        while idle:  # hot: bench_postgres
            if asyncio.get_running_loop() is not self._loop:
                raise LifecycleError(
                    "This database was connected in another event loop, and its connections belong to that one. Make "
                    "a Database for each loop."
                )
            wire = idle.pop()[0]
            if not wire.lost:
                if observe.listening:
                    self._telling.lent(0.0)
                return wire
            self.discard(wire, "it was lost while nobody used it")
        return None

    async def take(self, statement: str | None) -> Wire:
        """A connection. Raises PoolTimeout, QueueFull and, where waiting would not help, CannotOpen."""
        if self._closed:
            raise NotConnected("The database has been disconnected.")
        wire = self.take_idle()
        if wire is not None:
            return wire
        if len(self._waiting) >= self._settings.max_waiting:
            raise QueueFull(
                f"{self._settings.max_waiting} statements wait for a connection already, so this one was refused. "
                f"Send less at once, or raise max_waiting. {self._explain()}",
                statement=statement,
            )
        return await self._wait(statement)

    async def _wait(self, statement: str | None) -> Wire:
        # hot: bench_postgres. One alarm watches all who wait, so that a wait costs no timer of its own.
        future: asyncio.Future[Wire] = self._loop.create_future()
        waiter = _Waiter(future, self._loop.time() + self._settings.pool_timeout, statement)
        self._waiting.append(waiter)
        self.waited += 1
        if len(self._born) < self._settings.max_size:
            self._grow()
        if self._alarm is None:
            self._alarm = self._loop.call_at(waiter.until, self._refuse_late)
        try:
            wire = await future
        except PoolTimeout:
            if observe.listening:
                self._telling.exhausted(self._settings.pool_timeout, statement, len(self._waiting), self._holders())
            raise
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.give_back(future.result())  # it came in the same moment
            else:
                with suppress(ValueError):
                    self._waiting.remove(waiter)
            raise
        if observe.listening:
            self._telling.lent(self._loop.time() + self._settings.pool_timeout - waiter.until)
        return wire

    def _refuse_late(self) -> None:
        self._alarm = None
        now = self._loop.time()
        while self._waiting:
            waiter = self._waiting[0]
            if waiter.until > now:
                self._alarm = self._loop.call_at(waiter.until, self._refuse_late)
                return
            self._waiting.popleft()
            if not waiter.future.done():
                self.exhausted += 1
                waiter.future.set_exception(self._too_late(waiter.statement))

    def _too_late(self, statement: str | None) -> PoolTimeout:
        reason = f" The server cannot be reached: {self._last_failure}" if self._last_failure else ""
        error = PoolTimeout(
            f"No connection came free within {self._settings.pool_timeout:g} s.{reason} {self._explain()}",
            statement=statement,
        )
        error.__cause__ = self._last_failure
        return error

    def give_back(self, wire: Wire) -> None:
        """A connection that is as it was lent: to who waits longest, else to the others."""
        if wire.lost or self._closed:
            self.discard(wire, _DISCONNECTED if self._closed else "it was lost")
            return
        if monotonic() - self._born.get(wire, 0.0) > self._settings.max_age:
            self._start(self._said_goodbye(wire))
            return
        waiting = self._waiting
        while waiting:
            future = waiting.popleft().future
            if not future.done():
                future.set_result(wire)
                return
        self._idle.append((wire, monotonic()))

    def in_loop(self, give: Callable[..., None], *args: Any) -> None:
        """`give(*args)` in the pool's loop, at once where this is it: destructors run in any thread."""
        if _running_loop() is self._loop:
            give(*args)
            return
        with suppress(RuntimeError):  # the loop is closed, and with it the connection is of no use
            self._loop.call_soon_threadsafe(give, *args)

    def look_after(self, wire: Wire, mend: Callable[[Wire], Coroutine[Any, Any, None]]) -> None:
        """Give a connection back when `mend` has put it in order; discard it where that fails."""
        if wire.lost or self._closed:
            self.discard(wire, _DISCONNECTED if self._closed else "it was lost")
        else:
            self._start(self._mended(wire, mend))

    async def _mended(self, wire: Wire, mend: Callable[[Wire], Coroutine[Any, Any, None]]) -> None:
        try:
            await mend(wire)
        except BaseException as error:
            self.discard(wire, said(error))
            raise
        self.give_back(wire)

    def discard(self, wire: Wire, reason: str) -> None:
        """Close a connection for good, and open another one where somebody waits."""
        self.discarded += 1
        if observe.listening:
            self._telling.discarded(reason)
        wire.abort()
        self._forget(wire)

    async def close(self) -> None:
        """Close all connections. Those in use are closed under their users' hands; who waits gets NotConnected."""
        self._closed = True
        if self._rounds is not None:
            self._rounds.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        while self._waiting:
            self._tell_next(NotConnected("The database was disconnected while this statement waited."))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GOODBYE)
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self._said_goodbye(wire) for wire, _ in idle))
        for wire in list(self._born):
            wire.abort()
        self._born.clear()
        await self._server.finish()

    async def _said_goodbye(self, wire: Wire) -> None:
        try:
            async with asyncio.timeout(_GOODBYE):
                await wire.close()
        except Exception:  # noqa: BLE001 -- it is gone either way
            wire.abort()
        self._forget(wire)

    def _forget(self, wire: Wire) -> None:
        self._born.pop(wire, None)
        self._grow()

    def _grow(self) -> None:
        """Open connections for those who wait, as many as are allowed."""
        wanted = min(len(self._waiting) - self._opening, self._settings.max_size - len(self._born) - self._opening)
        for _ in range(wanted if not self._closed else 0):
            self._opening += 1
            self._start(self._opened())

    async def _opened(self) -> None:
        try:
            if self._failures:
                await asyncio.sleep(min(_BACKOFF * 2 ** (self._failures - 1), _LONGEST_BACKOFF))
            if not self._waiting or self._closed:
                return
            wire = await self._server.connect()
        except CannotOpen as error:
            self._failed(error)
            return
        finally:
            self._opening -= 1
        self._failures, self._last_failure = 0, None
        self._born[wire] = monotonic()
        self.give_back(wire)

    def _failed(self, error: CannotOpen) -> None:
        self._failures += 1
        self._last_failure = error
        if error.transient:
            self._loop.call_soon(self._grow)  # after a pause, if somebody still waits
            return
        while self._waiting:
            self._tell_next(error)

    def _tell_next(self, error: Exception) -> None:
        future = self._waiting.popleft().future
        if not future.done():
            future.set_exception(error)

    def _round(self) -> None:
        """Close what has been idle or alive for too long."""
        now = monotonic()
        kept: list[tuple[Wire, float]] = []
        spare = len(self._born) - self._settings.min_size
        for wire, since in self._idle:  # the one used longest ago comes first
            old = now - self._born.get(wire, 0.0) > self._settings.max_age
            if wire.lost or old or (spare > 0 and now - since > self._settings.max_idle):
                spare -= 1
                self._start(self._said_goodbye(wire))
            else:
                kept.append((wire, since))
        self._idle = kept
        self._rounds = self._loop.call_later(_ROUND_SECONDS, self._round)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, ConnectionLost):
            self._loop.call_exception_handler(
                {"message": "a database connection could not be mended", "exception": error}
            )


def said(error: BaseException) -> str:
    """What an error says, where it is ours and so shows no values; else its name."""
    return str(error.args[0]) if isinstance(error, EvenflowError) else type(error).__name__


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
