"""Routes that block the event loop, each in the line marked with what it is called, and routes that only look so."""

import asyncio
import bz2
import concurrent.futures
import json
import logging
import os
import queue
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import sleep as pause
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

Endpoint = Callable[[], Awaitable[Any]]
mistakes: dict[str, Endpoint] = {}
clean: dict[str, Endpoint] = {}


def mistake(endpoint: Endpoint) -> Endpoint:
    mistakes[endpoint.__name__] = endpoint
    return endpoint


def fine(endpoint: Endpoint) -> Endpoint:
    clean[endpoint.__name__] = endpoint
    return endpoint


pool = concurrent.futures.ThreadPoolExecutor()
opened: list[sqlite3.Connection] = []


def memory() -> sqlite3.Connection:
    """Opened while the app starts: before there is a loop, and after the guard has been started."""
    if not opened:
        opened.append(sqlite3.connect(":memory:", check_same_thread=False))
    return opened[0]


def later(call: Callable[..., Any], *args: Any) -> None:
    threading.Timer(0.05, call, args).start()


class Settings:
    @property
    def text(self) -> str:
        return Path(__file__).read_text()  # blocks: pathlib.Path.read_text


@mistake
async def sleeps() -> None:
    time.sleep(0.001)  # blocks: time.sleep


@mistake
async def sleeps_by_another_name() -> None:
    pause(0.05)  # blocks: time.sleep


@mistake
async def reads_a_file_in_a_property() -> str:
    return Settings().text


@mistake
async def opens_a_file() -> str:
    with open(__file__) as file:  # blocks: open
        return file.read()


@mistake
async def lists_a_folder() -> list[str]:
    return os.listdir(".")  # blocks: os.listdir


@mistake
async def asks_sqlite() -> Any:
    return opened[0].execute("SELECT 1").fetchall()  # blocks: sqlite3.Connection.execute


@mistake
async def runs_a_program() -> None:
    subprocess.run(["true"])  # blocks: subprocess.run


@mistake
async def runs_a_shell() -> None:
    os.system("true")  # blocks: os.system


@mistake
async def waits_for_a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    later(lock.release)
    with lock:  # blocks: *
        pass


@mistake
async def waits_for_an_event() -> None:
    event = threading.Event()
    later(event.set)
    event.wait()  # blocks: threading.Event.wait


@mistake
async def waits_for_a_queue() -> None:
    tray: queue.Queue[int] = queue.Queue()
    later(tray.put, 1)
    tray.get()  # blocks: queue.Queue.get


@mistake
async def waits_for_a_simple_queue() -> None:
    tray: queue.SimpleQueue[int] = queue.SimpleQueue()
    later(tray.put, 1)
    tray.get()  # blocks: tray.get


@mistake
async def waits_for_a_thread() -> None:
    pool.submit(time.sleep, 0.01).result()  # blocks: concurrent.futures.Future.result


@mistake
async def looks_up_a_name() -> None:
    socket.getaddrinfo("localhost", 80)  # blocks: socket.getaddrinfo


@mistake
async def connects() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        socket.create_connection(server.getsockname()).close()  # blocks: socket.create_connection


@mistake
async def reads_a_pipe() -> None:
    here, there = os.pipe()
    later(os.write, there, b"1")
    os.read(here, 1)  # blocks: os.read
    os.close(here)
    os.close(there)


@mistake
async def computes() -> int:
    return sum(i * i for i in range(2_000_000))  # blocks: *


@mistake
async def writes_much_json() -> str:
    return json.dumps(NUMBERS)  # blocks: json.dumps


@mistake
async def packs() -> int:
    return len(bz2.compress(TEXT))  # blocks: bz2.compress


@mistake
async def is_blocked_in_a_task() -> None:
    await asyncio.create_task(sleeps())


NUMBERS = list(range(1_000_000))
TEXT = json.dumps(NUMBERS[:200_000]).encode()
log = logging.getLogger("evenflow.tests.mistakes")


@fine
async def sleeps_well() -> None:
    await asyncio.sleep(0.005)


@fine
async def reads_in_a_thread() -> str:
    return await asyncio.to_thread(Path(__file__).read_text)


@fine
async def sleeps_in_a_thread() -> None:
    await asyncio.to_thread(time.sleep, 0.01)


@fine
async def computes_in_a_thread() -> None:
    await asyncio.to_thread(sum, range(2_000_000))


@fine
async def runs_a_program_well() -> None:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()


@fine
async def connects_well() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
    writer.close()
    server.close()


@fine
async def computes_little() -> Any:
    return json.loads(json.dumps({"numbers": list(range(100))})), sorted(range(1000))


@fine
async def looks_at_files() -> Any:
    return os.path.exists(__file__), os.getcwd(), Path(__file__).stat().st_size


@fine
async def logs_an_error() -> None:
    try:
        raise ValueError
    except ValueError:
        log.exception("It went wrong")


@fine
async def takes_what_is_there() -> None:
    lock, tray, event = threading.Lock(), queue.Queue[int](), threading.Event()
    tray.put(1)
    event.set()
    with lock:
        tray.get()
        event.wait()


@fine
async def says_that_it_may() -> str:
    return Path(__file__).read_text()  # evenflow: blocking-ok a small file, read once


@fine
async def asks_a_database_well() -> Any:
    # Runs methods of the blocking Session, in a greenlet that awaits.
    engine = create_async_engine("sqlite+aiosqlite://")
    async with AsyncSession(engine) as session:
        (await session.execute(text("SELECT 1"))).all()
    await engine.dispose()


@fine
async def imports_late() -> None:
    import xml.dom.expatbuilder  # noqa: F401 -- that is what is tried


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    Path(__file__).read_text()
    yield
