"""Routes that do everything right, or only look as if they did not."""

import asyncio
import json
import os.path
import queue
import re
import threading
import time
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
import httpx
from depot import lookalikes
from depot.amounts import Size, seconds
from depot.dependencies import Page, resting, slow_in_a_thread
from depot.lookalikes import SLOW_STEPS, Session, Turnstile, blocking_fetch, blocking_read, blocking_rest, get, sleep
from depot.settings import settings
from depot.work import hashed
from fastapi import APIRouter, BackgroundTasks, Depends
from fastapi.concurrency import run_in_threadpool

router = APIRouter(prefix="/c", tags=["clean"])
session = Session()
lock = threading.Lock()


@router.get("/awaited-sleep")
async def awaited_sleep(size: Size = "small") -> str:
    await asyncio.sleep(seconds(size))
    return "rested"


@router.get("/long-poll")
async def long_poll() -> str:
    await asyncio.sleep(1.5)
    return "nothing new"


@router.get("/to-thread")
async def to_thread(size: Size = "small") -> str:
    return await asyncio.to_thread(blocking_rest, seconds(size))


@router.get("/to-thread-directly")
async def to_thread_directly(size: Size = "small") -> None:
    await asyncio.to_thread(time.sleep, seconds(size))


@router.get("/in-executor")
async def in_executor(size: Size = "small") -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, blocking_rest, seconds(size))


@router.get("/partial-in-executor")
async def partial_in_executor(size: Size = "small") -> Any:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(lookalikes.threads, partial(blocking_fetch, settings.slow(size)))


@router.get("/in-threadpool")
async def in_threadpool(size: Size = "small") -> int:
    return await run_in_threadpool(blocking_read, settings.file("scans", size, "log"))


@router.get("/anyio-thread")
async def anyio_thread(size: Size = "small") -> str:
    return await anyio.to_thread.run_sync(blocking_rest, seconds(size))


@router.get("/lambda-in-thread")
async def lambda_in_thread(size: Size = "small") -> str:
    return await asyncio.to_thread(lambda: blocking_rest(seconds(size)))


@router.get("/nested-in-thread")
async def nested_in_thread(size: Size = "small") -> int:
    def read() -> int:
        time.sleep(seconds(size))
        with open(__file__) as file:
            return len(file.read())

    return await asyncio.to_thread(read)


@router.get("/gathered-threads")
async def gathered_threads(size: Size = "small") -> list[str]:
    return list(await asyncio.gather(*(asyncio.to_thread(blocking_rest, seconds(size)) for _ in range(3))))


@router.get("/process-pool")
async def process_pool() -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(lookalikes.processes, hashed, "secret")


@router.get("/async-httpx")
async def async_httpx(size: Size = "small") -> Any:
    async with httpx.AsyncClient(verify=False) as client:
        return (await client.get(settings.slow(size))).json()


@router.get("/sync-route")
def sync_route(size: Size = "small") -> str:
    time.sleep(seconds(size))
    return "in a thread"


@router.get("/sync-route-deep")
def sync_route_deep(size: Size = "small") -> Any:
    return blocking_fetch(settings.slow(size))


@router.get("/sync-dependency")
async def sync_dependency(factor: Annotated[float, Depends(slow_in_a_thread)]) -> float:
    return factor


@router.get("/class-dependency")
async def class_dependency(page: Annotated[Page, Depends()]) -> str:
    return page.size


@router.get("/async-dependency", dependencies=[Depends(resting)])
async def async_dependency() -> str:
    return "rested"


@router.get("/sync-background")
async def sync_background(background: BackgroundTasks, size: Size = "small") -> str:
    background.add_task(blocking_rest, seconds(size))
    return "later, in a thread"


@router.get("/own-sleep")
async def own_sleep(size: Size = "small") -> None:
    await sleep(seconds(size))


@router.get("/own-get")
async def own_get() -> str:
    return get("shelf")


@router.get("/dict-get")
async def dict_get() -> str:
    requests = {"shelf": "7"}
    return requests.get("shelf", "") + session.get("shelf")


@router.get("/own-session")
async def own_session() -> list[str]:
    return [*session.execute("SELECT 1"), session.open().read()]


@router.get("/own-lock")
async def own_lock() -> str:
    gate = Turnstile()
    gate.acquire()
    return gate.join(["passed", str(gate.wait())])


@router.get("/path-join")
async def path_join() -> str:
    return os.path.join("depot", ",".join(["north", "south"]))


@router.get("/async-lock")
async def async_lock() -> str:
    turn = asyncio.Lock()
    await turn.acquire()
    turn.release()
    async with turn:
        return "my turn"


@router.get("/async-queue")
async def async_queue(size: Size = "small") -> str:
    scans: asyncio.Queue[str] = asyncio.Queue()
    asyncio.get_running_loop().call_later(seconds(size), scans.put_nowait, "parcel 7")
    return await scans.get()


@router.get("/async-event")
async def async_event(size: Size = "small") -> bool:
    opened = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds(size), opened.set)
    return await asyncio.wait_for(opened.wait(), 5)


@router.get("/async-subprocess")
async def async_subprocess(size: Size = "small") -> int:
    process = await asyncio.create_subprocess_exec("sleep", str(seconds(size)))
    return await process.wait()


@router.get("/try-lock")
async def try_lock() -> bool:
    if taken := lock.acquire(blocking=False):
        lock.release()
    return taken


@router.get("/get-nowait")
async def get_nowait() -> str:
    scans: queue.Queue[str] = queue.Queue()
    scans.put_nowait("parcel 7")
    return scans.get_nowait()


@router.get("/small-json")
async def small_json() -> Any:
    return json.loads(json.dumps({"shelf": 7, "labels": ["fragile"]}))


@router.get("/small-regex")
async def small_regex() -> bool:
    return re.match(r"\w+ \d+", "shelf 7") is not None


@router.get("/memory-log")
async def memory_log() -> int:
    lookalikes.diary.warning("a parcel came")
    return len(lookalikes.memory.getvalue())


@router.get("/referenced")
async def referenced() -> list[str]:
    steps = {**SLOW_STEPS, "read": blocking_read}
    return [f"{name}: {step.__name__}" for name, step in steps.items()]


@router.get("/task-result")
async def task_result(size: Size = "small") -> None:
    task = asyncio.create_task(asyncio.sleep(seconds(size)))
    await asyncio.wait([task])
    return task.result()


@router.get("/many-awaits")
async def many_awaits(size: Size = "small") -> int:
    for _ in range(300):
        await asyncio.sleep(0)
    return 300


@router.get("/template-from-start")
async def template_from_start() -> str:
    return lookalikes.TERMS.substitute(customer="Ada", days=7)


@router.get("/in-memory-file")
async def in_memory_file() -> str:
    lookalikes.memory.seek(0)
    return lookalikes.memory.read()[:20]
