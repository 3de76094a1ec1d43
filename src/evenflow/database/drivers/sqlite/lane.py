"""A thread with one connection: it does tickets, and can be told to stop the one it is at."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from time import perf_counter

from evenflow.database.drivers.sqlite.errors import translated
from evenflow.database.drivers.sqlite.ticket import Outcome, Ticket
from evenflow.database.plan import Call, Kind, ManyCall

Connect = Callable[[], sqlite3.Connection]

_GRACE = 2.0


class Lane:
    """One connection in one thread. `serve` is what the thread does until it returns."""

    connection: sqlite3.Connection

    def __init__(self, name: str, connect: Connect, serve: Callable[[Lane], None]) -> None:
        self._connect = connect
        self._serve = serve
        self._thread = Thread(target=self._live, name=f"evenflow-{name}", daemon=True)
        self._lock = Lock()
        self._current: Ticket | None = None
        self._opened: asyncio.Future[None] | None = None
        self.reads = 0
        """Statements done that read."""
        self.writes = 0
        """Statements done that may write."""

    async def start(self) -> None:
        """Open the connection. Raises what opening raises."""
        self._opened = asyncio.get_running_loop().create_future()
        self._thread.start()
        await self._opened

    async def ended(self) -> None:
        """Wait until the thread has closed its connection; its `serve` must have been told to return.

        A statement that runs on is interrupted after two seconds: nobody is left who could want its result.
        """
        if self._thread.ident is None:
            return  # it was never started
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._thread.join, _GRACE)
        while self._thread.is_alive():
            with self._lock:
                if self._current is not None:
                    self.connection.interrupt()
            await loop.run_in_executor(None, self._thread.join, 0.05)

    def _live(self) -> None:
        assert self._opened is not None
        try:
            self.connection = self._connect()
        except BaseException as error:  # noqa: BLE001 -- it belongs to whoever awaits start()
            _tell(self._opened, error)
            return
        _tell(self._opened, None)
        try:
            self._serve(self)
        finally:
            self.connection.close()

    def perform(self, ticket: Ticket) -> Outcome | None:
        """Do a ticket; None where nobody waits for it any more."""
        # hot: bench_sqlite_reads. Who abandons a ticket sets the flag first and looks for it here second, so
        # either the flag is seen or the ticket is found; only leaving needs the lock, lest the next one be hit.
        self._current = ticket
        if ticket.abandoned:
            self._current = None
            return None
        ticket.started = perf_counter()
        outcome: Outcome
        try:
            outcome = (ticket, ticket.act(self.connection, ticket.matter), None)
        except BaseException as error:  # noqa: BLE001 -- it belongs to whoever awaits the ticket
            outcome = (ticket, None, translated(error, ticket.sql))
        ticket.seconds = perf_counter() - ticket.started
        with self._lock:
            self._current = None
        return outcome

    def count(self, ticket: Ticket) -> None:
        """Count a ticket that was done, if it was a statement of the caller's."""
        matter = ticket.matter
        if isinstance(matter, Call) and matter.plan.kind is Kind.READ:
            self.reads += 1
        elif isinstance(matter, (Call, ManyCall)):
            self.writes += 1

    @property
    def at(self) -> Ticket | None:
        """The ticket being done."""
        return self._current

    def interrupt(self, ticket: Ticket) -> bool:
        """Stop the ticket if it is the one being done; says whether it was."""
        with self._lock:
            if self._current is not ticket:
                return False
            with suppress(sqlite3.ProgrammingError):  # closed meanwhile
                self.connection.interrupt()
            return True


def _tell(future: asyncio.Future[None], error: BaseException | None) -> None:
    def settle() -> None:
        if future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    with suppress(RuntimeError):  # the loop is closed: nobody waits
        future.get_loop().call_soon_threadsafe(settle)
