"""The threads of the depot: who holds the shelf, who opens the door, who scans."""

import asyncio
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

shelf = threading.Lock()
door = threading.Event()
scans: queue.Queue[str] = queue.Queue(maxsize=100)
workers = ThreadPoolExecutor(4, thread_name_prefix="depot")


def _hold(duration: float, held: threading.Event) -> None:
    with shelf:
        held.set()
        time.sleep(duration)


async def hold_the_shelf(duration: float) -> None:
    """Another thread has the shelf for a while."""
    held = threading.Event()
    workers.submit(_hold, duration, held)
    await asyncio.to_thread(held.wait)


def open_the_door_in(duration: float) -> None:
    door.clear()

    def opening() -> None:
        time.sleep(duration)
        door.set()

    workers.submit(opening)


def scan_in(duration: float, code: str) -> None:
    def scanning() -> None:
        time.sleep(duration)
        scans.put(code)

    workers.submit(scanning)


def weigh(duration: float) -> float:
    time.sleep(duration)
    return 12.5
