"""Where a parcel is."""

import concurrent.futures
import logging
import logging.handlers
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from depot import keeper
from depot.amounts import Size, seconds
from depot.clients.carriers import CarrierSession, carriers
from depot.clients.mail import Mailer
from depot.clients.scale import ScaleBook
from depot.settings import settings

T = TypeVar("T")
_alarm = logging.getLogger("depot.alarm")
_alarm.propagate = False


class Tracking:
    mailer = Mailer()

    def __init__(self, session: CarrierSession = carriers) -> None:
        self.session = session
        self.book = ScaleBook()

    def announce(self, customer: str, size: Size) -> None:
        self._write(customer, size)

    def _write(self, customer: str, size: Size) -> None:
        self.mailer.send(customer, size)

    def pickups(self, size: Size) -> Any:
        return self._of_today(size)

    def _of_today(self, size: Size) -> Any:
        return self.session.pickups(size)

    def weight(self, size: Size) -> float:
        return self.book.weigh(seconds(size))

    def next_scan(self) -> str:
        return self._from_scanner()

    def _from_scanner(self) -> str:
        return Scanner().next()


class Scanner:
    def next(self) -> str:
        return self._take(keeper.scans)

    def _take(self, scans: Any) -> str:
        # bed: m/queue-get kind=lock depth=4 call=queue.Queue.get
        return str(keeper.scans.get(timeout=5))


def wait_at_the_door() -> bool:
    return _opened()


def _opened() -> bool:
    # bed: m/event-wait kind=lock depth=2 call=threading.Event.wait
    return keeper.door.wait(5)


def weighed(size: Size) -> float:
    return _by_a_worker(seconds(size))


def _by_a_worker(duration: float) -> float:
    return _result_of(keeper.workers.submit(keeper.weigh, duration))


def _result_of(weighing: "concurrent.futures.Future[float]") -> float:
    # bed: m/future-result kind=lock depth=3 call=concurrent.futures.Future.result
    return weighing.result(timeout=5)


def weigh_all(size: Size) -> int:
    return _weigh_each([seconds(size)] * 2)


def _weigh_each(durations: list[float]) -> int:
    return _gathered([keeper.workers.submit(keeper.weigh, duration) for duration in durations])


def _gathered(weighings: "list[concurrent.futures.Future[float]]") -> int:
    return _finished(weighings)


def _finished(weighings: "list[concurrent.futures.Future[float]]") -> int:
    # bed: m/futures-wait kind=lock depth=4 call=concurrent.futures.wait
    done, _ = concurrent.futures.wait(weighings, timeout=5)
    return len(done)


def alarm(text: str, size: Size) -> None:
    """Tells the office, which listens over HTTP."""
    _sound(text, size)


def _sound(text: str, size: Size) -> None:
    address = urlsplit(settings.slow(size))
    handler = logging.handlers.HTTPHandler(address.netloc, f"{address.path}?{address.query}&", method="GET")
    _alarm.addHandler(handler)
    # bed: m/logging-http kind=waits depth=2 call=logging.Logger.warning
    _alarm.warning("alarm: %s", text)
    _alarm.removeHandler(handler)


def until_delivered(size: Size) -> int:
    return _until(time.monotonic() + seconds(size))


def _until(deadline: float) -> int:
    return Poll(deadline).run()


class Poll:
    def __init__(self, deadline: float, pause: float = 0.01) -> None:
        self.deadline = deadline
        self.pause = pause
        self.tries = 0

    def run(self) -> int:
        while time.monotonic() < self.deadline:
            self.tries += 1
            self._rest()
        return self.tries

    def _rest(self) -> None:
        self._really_rest()

    def _really_rest(self) -> None:
        # bed: m/poll-sleep kind=waits depth=5 call=time.sleep
        time.sleep(self.pause)


def patrol(size: Size) -> str:
    return _sent_out(seconds(size))


def _sent_out(duration: float) -> str:
    return Patrol(duration).round()


class Patrol:
    def __init__(self, duration: float) -> None:
        self.thread = threading.Thread(target=time.sleep, args=(duration,))

    def round(self) -> str:
        self.thread.start()
        return self._back()

    def _back(self) -> str:
        return self._joined()

    def _joined(self) -> str:
        # bed: m/thread-join kind=lock depth=5 call=threading.Thread.join
        self.thread.join(5)
        return "back"


def retrying(action: Callable[[], T], tries: int = 3) -> T:
    for _ in range(tries - 1):
        try:
            return action()
        except ConnectionError:
            continue
    return action()
