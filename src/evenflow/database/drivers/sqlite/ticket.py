"""One piece of work for a thread, and the way of its result back to the event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

from evenflow.database.drivers.sqlite.work import Act, Open

Outcome = tuple["Ticket", Any, BaseException | None]


class Ticket:
    """`act(connection, matter)`, to be done by a thread; `future` gets what comes of it."""

    __slots__ = ("abandoned", "act", "future", "groupable", "matter", "plan", "since", "sql", "started")

    def __init__(self, act: Act, matter: Any, plan: Any = None, sql: str | None = None) -> None:
        self.act = act
        self.matter = matter
        self.plan = plan
        self.sql = sql
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.since = monotonic()
        self.started = False
        self.abandoned = False
        self.groupable = False


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
    """Hand outcomes over to the loops of their futures. Runs in a thread: one wake-up for each loop."""
    loop = outcomes[0][0].future.get_loop()
    if all(outcome[0].future.get_loop() is loop for outcome in outcomes):
        _wake(loop, outcomes)
        return
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].future.get_loop(), []).append(outcome)
    for loop, theirs in by_loop.items():
        _wake(loop, theirs)


def _wake(loop: asyncio.AbstractEventLoop, outcomes: list[Outcome]) -> None:
    # A closed loop has nobody left who waits.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(settle, outcomes)


Item = Ticket | Open | None
"""What a lent thread is told: work to do, a result to close, or that the loan is over."""
