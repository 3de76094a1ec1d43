"""One piece of work for a thread, and the way of its result back to the event loop."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from evenflow.database.drivers.sqlite.work import Act, Open

Outcome = tuple["Ticket", Any, BaseException | None]


class Ticket:
    """`act(connection, matter)`, to be done by a thread; `future` gets what comes of it."""

    __slots__ = ("abandoned", "act", "future", "groupable", "loop", "matter", "seconds", "since", "started")

    def __init__(self, act: Act, matter: Any, *, groupable: bool = False) -> None:
        self.act = act
        self.matter = matter
        self.loop = loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = loop.create_future()
        self.since = monotonic()
        self.started = 0.0
        """When a thread began it, by `perf_counter()`; 0.0 before."""
        self.seconds = 0.0
        """How long it took, once it is done."""
        self.abandoned = False
        self.groupable = groupable

    @property
    def sql(self) -> str | None:
        """The statement, where there is one."""
        sql: str | None = getattr(self.matter, "sql", None)
        return sql


def settle(outcomes: list[Outcome]) -> None:
    """Give outcomes of one loop to their futures. Runs in that loop."""
    for ticket, result, error in outcomes:
        future = ticket.future
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def deliver(outcomes: list[Outcome]) -> None:
    """Hand outcomes over to their loop, the same for all. Runs in a thread: one wake-up for all of them."""
    try:  # noqa: SIM105 -- hot: bench_sqlite_writes, where suppress() would cost a call or two
        outcomes[0][0].loop.call_soon_threadsafe(settle, outcomes)
    except RuntimeError:
        pass  # a closed loop has nobody left who waits


def deliver_each(outcomes: list[Outcome]) -> None:
    """Hand outcomes over to their loops: one wake-up for each loop."""
    if not outcomes:
        return
    first = outcomes[0][0].loop
    for ticket, _, _ in outcomes:
        if ticket.loop is not first:
            break
    else:
        deliver(outcomes)
        return
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for theirs in by_loop.values():
        deliver(theirs)


def fail(ticket: Ticket, error: Exception) -> None:
    """Answer a ticket that no thread will do. Runs in any loop or thread."""
    ticket.abandoned = True
    deliver([(ticket, None, error)])


Item = Ticket | Open | None
"""What a lent thread is told: work to do, a result to close, or that the loan is over."""
