"""An app that blocks its event loop in many ways. `# here: NAME` marks the line that is to be blamed."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import sqlite3
import threading
import time
from typing import Any

from fastapi import BackgroundTasks, Depends, FastAPI, Request, WebSocket
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import Receive, Scope, Send

from evenflow import Evenflow

BLOCK = 0.3
ROWS = [{"number": number, "text": str(number)} for number in range(400_000)]
gc.freeze()  # else most of the time with so many rows goes into collecting garbage, which is no line's fault
lock = threading.Lock()

app = FastAPI()
mounted = FastAPI()
app.mount("/shops/{shop}", mounted)


@app.get("/sleep/{user_id}")
async def sleep(user_id: int) -> int:
    time.sleep(BLOCK)  # here: sleep
    return user_id


def one(n: int) -> None:
    two(n)


def two(n: int) -> None:
    time.sleep(BLOCK)  # here: deep


@app.get("/deep")
async def deep() -> None:
    one(1)


@app.get("/cpu")
async def cpu() -> int:
    total = 0
    until = time.thread_time() + BLOCK
    while time.thread_time() < until:  # here: cpu
        total += 1
    return total


@app.get("/sqlite")
async def sqlite() -> None:
    connection = sqlite3.connect(":memory:")
    read(connection)
    connection.close()


def read(connection: sqlite3.Connection) -> None:
    connection.execute(  # here: sqlite
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3000000) SELECT max(n) FROM t"
    ).fetchall()


@app.get("/lock")
async def wait_for_lock() -> None:
    lock.acquire()
    threading.Timer(BLOCK, lock.release).start()
    with lock:  # here: lock
        pass


@app.get("/json")
async def dump() -> int:
    return len(json.dumps(ROWS))  # here: json


@app.get("/regex")
async def match() -> None:
    re.match(r"(a+)+$", "a" * 24 + "b")  # here: regex


@app.get("/big-answer")
async def big_answer() -> list[dict[str, Any]]:  # the lines of the function itself are quick
    return ROWS


@app.get("/thief")
def thief() -> int:
    return len(json.dumps(ROWS))  # here: thief


@app.get("/background")
async def background(tasks: BackgroundTasks) -> None:
    tasks.add_task(afterwards)


async def afterwards() -> None:
    time.sleep(BLOCK)  # here: background


async def dependency() -> None:
    time.sleep(BLOCK)  # here: dependency


@app.get("/dependency", dependencies=[Depends(dependency)])
async def with_dependency() -> None: ...


@app.get("/task")
async def start_task() -> None:
    tasks.append(asyncio.create_task(inside()))


tasks: list[Any] = []


async def inside() -> None:
    await asyncio.sleep(0.05)
    time.sleep(BLOCK)  # here: task


@app.get("/callback")
async def start_callback() -> None:
    asyncio.get_running_loop().call_later(0.05, called_later)


def called_later() -> None:
    time.sleep(BLOCK)  # here: callback


@mounted.get("/items/{item}")
async def item(item: int) -> None:
    time.sleep(BLOCK)  # here: mounted


@app.get("/guarded/{n}")
async def guarded(n: int) -> None: ...


class Middleware(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Any) -> Any:
        if request.url.path.startswith("/guarded"):
            time.sleep(BLOCK)  # here: middleware
        return await call_next(request)


class Pure:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@app.exception_handler(KeyError)
async def handle(request: Request, error: Exception) -> Any:
    from starlette.responses import JSONResponse

    time.sleep(BLOCK)  # here: handler
    return JSONResponse({}, 500)


@app.get("/raises")
async def raises() -> None:
    raise KeyError


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    time.sleep(BLOCK)  # here: socket
    await websocket.send_text("done")


@app.get("/allowed")
async def allowed() -> None:
    time.sleep(BLOCK)  # evenflow: blocking-ok it is known


@app.get("/good/{n}")
async def good(n: int) -> int:
    await asyncio.sleep(0.2)
    return n


@app.get("/good-thread")
async def good_thread() -> None:
    await asyncio.to_thread(time.sleep, BLOCK)


@app.get("/long")
async def long() -> None:
    time.sleep(3)


@app.get("/hang")
async def hang() -> None:
    # The interpreter is held all the time: no thread of Python's can run.
    re.match(r"(a+)+$", "a" * 34 + "b")


app.add_middleware(Middleware)
app.add_middleware(Pure)
Evenflow(app, fastpath=os.environ.get("TEST_FASTPATH") != "off", guard=os.environ.get("TEST_GUARD") != "off")
