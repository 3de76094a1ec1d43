"""What happens inside, told to whoever listens: `observe.subscribe(listener)`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

from evenflow.observe.events import CallRetried as CallRetried
from evenflow.observe.events import ConnectionDiscarded as ConnectionDiscarded
from evenflow.observe.events import ConnectionLent as ConnectionLent
from evenflow.observe.events import DatabaseEvent as DatabaseEvent
from evenflow.observe.events import Event as Event
from evenflow.observe.events import KillLost as KillLost
from evenflow.observe.events import LoopBlocked as LoopBlocked
from evenflow.observe.events import PoolExhausted as PoolExhausted
from evenflow.observe.events import SlowQuery as SlowQuery
from evenflow.observe.request import route as route
from evenflow.observe.slow_log import SlowQueryLog as SlowQueryLog

Listener = Callable[[Event], object]
"""Called with each event at once, in the thread of the event loop that it happens in, so it must be quick and must not
wait. A program with event loops in several threads has its listeners called in each of them, maybe at the same time;
threads of Evenflow's own never call one."""


class _Subscription:
    __slots__ = ("failed", "listener")

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.failed = False


listening: tuple[_Subscription, ...] = ()
"""Who listens. Whoever emits asks first, so that an event nobody wants is not even made:
`if observe.listening: observe.emit(…)`."""

_log = logging.getLogger("evenflow.observe")
_changing = Lock()


def subscribe(listener: Listener) -> Callable[[], None]:
    """Have `listener(event)` called with every event from now on; gives the call that ends it.

    See `Listener` for the thread it is called in. One that raises disturbs nobody: the first of its errors is logged,
    and it is called again.
    """
    global listening
    subscription = _Subscription(listener)

    def unsubscribe() -> None:
        global listening
        with _changing:
            listening = tuple(each for each in listening if each is not subscription)

    with _changing:
        listening = (*listening, subscription)
    return unsubscribe


def emit(event: Event) -> None:
    """Tell everybody who listens."""
    for subscription in listening:
        try:
            subscription.listener(event)
        except Exception:  # noqa: BLE001 -- a listener's mistake is not the caller's
            if not subscription.failed:
                subscription.failed = True
                _log.exception("A listener failed at %s; later errors of it are not logged", type(event).__name__)
