"""Names that look as if they blocked, and do not."""

import asyncio
import io
import logging
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from string import Template
from typing import Any

import httpx
from depot.clients.carriers import carriers
from depot.dependencies import cache
from depot.repositories.customers import engine
from depot.settings import settings
from depot.work import hashed

TERMS = Template(Path(__file__).with_name("terms.txt").read_text())
"""Read once, when the program is imported: nobody waits for it."""
time.sleep(0.001)

SLOW_STEPS = {"rest": time.sleep, "fetch": httpx.get}
"""Named here, called by nobody on the loop."""

threads = ThreadPoolExecutor(4)
processes = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
memory = io.StringIO()
diary = logging.getLogger("depot.diary")
diary.addHandler(logging.StreamHandler(memory))
diary.propagate = False


def blocking_rest(duration: float) -> str:
    """For threads."""
    time.sleep(duration)
    return "rested"


def blocking_fetch(address: str) -> Any:
    return httpx.get(address, timeout=5, verify=False).json()


def blocking_read(path: Path) -> int:
    with open(path, "rb") as file:
        return len(file.read())


async def sleep(duration: float) -> None:
    """The app's own, with the name of another."""
    await asyncio.sleep(duration)


def get(name: str) -> str:
    return name.upper()


class Session:
    """Like a client's session, with everything in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {"shelf": "7"}

    def get(self, name: str, otherwise: str = "") -> str:
        return self._kept.get(name, otherwise)

    def execute(self, statement: str) -> list[str]:
        return [statement]

    def open(self) -> "Session":
        return self

    def read(self) -> str:
        return "in memory"


class Turnstile:
    """Has the methods of a lock and of a thread."""

    def __init__(self) -> None:
        self.passed = 0

    def acquire(self) -> bool:
        self.passed += 1
        return True

    def wait(self) -> int:
        return self.passed

    def join(self, others: list[str]) -> str:
        return "-".join(others)


async def warm_up() -> None:
    """Starts what takes its time to start."""
    await asyncio.get_running_loop().run_in_executor(threads, _start_the_process)


def _start_the_process() -> None:
    processes.submit(hashed, "warm").result()
    settings.folder.mkdir(exist_ok=True)


async def close() -> None:
    await asyncio.to_thread(_end)


def _end() -> None:
    processes.shutdown()
    threads.shutdown()
    engine.dispose()
    carriers.close()
    cache.close()
