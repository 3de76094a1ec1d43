"""PostgreSQL's NOTIFY and LISTEN: messages between the connections of one database."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING

from evenflow.database.completion import to_the_end
from evenflow.database.driver import Listen, Listening
from evenflow.database.plan import Call, Kind, Want
from evenflow.errors import ConfigError, EvenflowError, LifecycleError, NotConnected, QueryError

if TYPE_CHECKING:
    from evenflow.database.state import State
    from evenflow.database.statements import Statements

_LONGEST_CHANNEL = 63
_LONGEST_PAYLOAD = 7999
_HEARTBEAT_SECONDS = 15.0
_BACKOFF = 0.05
_LONGEST_BACKOFF = 5.0

_log = logging.getLogger("evenflow.database")


@dataclass(frozen=True, slots=True)
class Notification:
    """One NOTIFY of somebody."""

    channel: str
    payload: str
    pid: int
    """The process of the server that serves the sender."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Notifications may be missing at this place of the stream: look at the data itself, as after starting."""

    reason: str
    count: int | None
    """How many, or None where nobody knows."""


async def notify(owner: Statements, channel: str, payload: str, timeout: float | None) -> None:
    """Send one notification."""
    _listen_of(owner._state, "notify()")
    _check_channel(channel)
    if not isinstance(payload, str):
        raise QueryError(f"The payload is a {type(payload).__name__}; it must be a text, such as json.dumps() makes.")
    if (size := len(payload.encode(errors="replace"))) > _LONGEST_PAYLOAD:
        raise QueryError(
            f"The payload has {size} bytes; PostgreSQL takes {_LONGEST_PAYLOAD}. Put it into a table, and send its key."
        )
    values = {"channel": channel, "payload": payload}
    plan, sql, args = owner._state.planner.bind("SELECT pg_notify(:channel, :payload)", values)
    # A write: after a lost connection it must not be sent a second time. It leaves the session as it was.
    plan = replace(plan, kind=Kind.WRITE, returns_rows=False, plain=True)
    await owner._run(Call(plan, sql, args, Want.ANSWER), timeout)


class Notifications:
    """What is sent to some channels: `async with db.listen("jobs") as notifications: async for n in notifications`.

    A connection of its own listens, beyond those of the pool. Where it is lost another one is opened, with
    growing pauses, and a `Missed` stands where something may be missing; another one stands for what came while
    `max_waiting` notifications waited to be read.
    """

    def __init__(self, state: State, channels: tuple[str, ...], max_waiting: int) -> None:
        if not channels:
            raise ConfigError("listen() needs the name of a channel, or several.")
        for channel in channels:
            _check_channel(channel)
        if max_waiting < 1:
            raise ConfigError(f"max_waiting is {max_waiting}; it must be at least 1.")
        self._state = state
        self._channels = tuple(dict.fromkeys(channels))
        self._max_waiting = max_waiting
        self._waiting: deque[Notification | Missed] = deque()
        self._came = asyncio.Event()
        self._gone = asyncio.Event()
        self._failure: Exception | None = LifecycleError("listen() listens inside its block only: `async with`.")
        self._listening: Listening | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Notifications:
        if self._watch is not None:
            raise LifecycleError("This listen() is open already, or was; call listen() for each use.")
        listen = _listen_of(self._state, "listen()")
        self._listening = await listen(self._channels, self._heard, self._gone.set)
        self._failure = None
        self._state.listeners.add(self)
        self._watch = asyncio.create_task(self._watched(listen), name="evenflow listen")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close(LifecycleError("This listen() has ended with its block."))

    async def close(self, reason: Exception) -> None:
        """End it; who still reads gets `reason`."""
        self._state.listeners.discard(self)
        self._fail(reason)
        await to_the_end(self._ended())

    async def _ended(self) -> None:
        watch = self._watch
        if watch is not None:
            watch.cancel()
            await asyncio.wait({watch})
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.close()

    def __aiter__(self) -> Notifications:
        return self

    async def __anext__(self) -> Notification | Missed:
        """The next one. Raises CannotOpen where PostgreSQL lets nobody in any more."""
        while not self._waiting:
            if self._failure is not None:
                raise self._failure
            self._came.clear()
            await self._came.wait()
        return self._waiting.popleft()

    def _heard(self, channel: str, payload: str, pid: int) -> None:
        if len(self._waiting) < self._max_waiting:
            self._waiting.append(Notification(channel, payload, pid))
            self._came.set()
        else:
            self._miss("they came faster than they were read, and max_waiting of them waited already", 1)

    def _miss(self, reason: str, count: int | None) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, Missed):
            self._waiting.pop()
            count = None if count is None or last.count is None else last.count + count
            reason = reason if last.reason == reason else f"{last.reason}; {reason}"
        self._waiting.append(Missed(reason, count))
        self._came.set()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._came.set()

    async def _watched(self, listen: Listen) -> None:
        """See to it that somebody listens."""
        try:
            while True:
                await self._lost()
                _log.warning("The connection that listens to %s was lost.", ", ".join(self._channels))
                self._gone.clear()
                self._listening = await self._opened_anew(listen)
                # Only now: whoever looks at the data after this misses nothing that is sent later.
                self._miss("the connection was lost, and another one listens now", None)
        except Exception as error:  # noqa: BLE001  # it belongs to who reads
            self._fail(error)

    async def _lost(self) -> None:
        """Come back when the connection is lost: closed, or silent for too long."""
        while (listening := self._listening) is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await self._gone.wait()
            if self._gone.is_set() or not await listening.answers():
                self._listening = None
                listening.abort()

    async def _opened_anew(self, listen: Listen) -> Listening:
        pause = _BACKOFF
        while True:
            try:
                return await listen(self._channels, self._heard, self._gone.set)
            except EvenflowError as error:
                if not error.transient:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_BACKOFF)


def _listen_of(state: State, what: str) -> Listen:
    driver = state.driver
    if driver.listen is None:
        raise QueryError(
            f"{what} is PostgreSQL's; {driver.dialect.name} has nothing like it. Let readers look into a table."
        )
    return driver.listen


def _check_channel(channel: str) -> None:
    # PostgreSQL cuts a longer name off in LISTEN, so that nothing would ever come.
    if not isinstance(channel, str):
        raise QueryError(f"A channel is a {type(channel).__name__}; its name must be a text.")
    if not 0 < len(channel.encode(errors="replace")) <= _LONGEST_CHANNEL or "\x00" in channel:
        raise QueryError(f"A channel's name has 1 to {_LONGEST_CHANNEL} bytes.")


def disconnected() -> NotConnected:
    """Why a listener hears nothing more after `disconnect()`."""
    return NotConnected("The database was disconnected while listen() waited.")
