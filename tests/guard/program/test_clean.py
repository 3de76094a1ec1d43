"""What looks as if it blocked, and does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guard.program.programs import read

HELPERS = """
    import aiofiles
    from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor
    from starlette.concurrency import run_in_threadpool
    from anyio import to_thread
    pool = ThreadPoolExecutor()
    lock = threading.Lock()
    numbers = queue.Queue()
    short = queue.Queue(maxsize=2)
    client = httpx.AsyncClient()
    def slow(seconds=1): time.sleep(seconds)
    def passes_on(function): return asyncio.to_thread(function)
    async def moved(): await asyncio.to_thread(slow)
    def rows():
        time.sleep(1)
        yield 1
    class sleeper:
        async def sleep(self, seconds): await asyncio.sleep(seconds)
    class Fetcher:
        async def get(self, url): return await client.get(url)
    class Slow:
        def work(self): time.sleep(1)
        async def fast(self): return 1
    async def either(function):
        if asyncio.iscoroutinefunction(function):
            return await function()
        return await run_in_threadpool(function)
    def either_object(value):
        if isinstance(value, Slow):
            value.work()
    @app.get("/")
    async def route(request: Request, tasks: BackgroundTasks):
        BODY
"""

CLEAN = {
    "a function in a thread": "await asyncio.to_thread(slow, 1)",
    "a function in the framework's thread pool": "await run_in_threadpool(slow)",
    "a function in anyio's thread": "await to_thread.run_sync(slow)",
    "a function in an executor": "await asyncio.get_running_loop().run_in_executor(None, slow)",
    "a function in a process": "await asyncio.get_running_loop().run_in_executor(ProcessPoolExecutor(), slow)",
    "a partial in an executor": "await asyncio.get_running_loop().run_in_executor(pool, partial(slow, 2))",
    "a lambda in a thread": "await asyncio.to_thread(lambda: slow())",
    "a function handed to a pool": "pool.submit(slow)",
    "a function handed to a thread": "threading.Thread(target=slow).start()",
    "a function that a helper moves to a thread": "await passes_on(slow)",
    "a helper that moves": "await moved()",
    "a background task": "tasks.add_task(slow, 1)",
    "a generator that nobody goes through": "return rows()",
    "a method of the same name": "await sleeper().sleep(1)",
    "an asynchronous client": "await client.get('x')",
    "an asynchronous client of the program": "await Fetcher().get('x')",
    "a local function of the same name": "sleep = print\n        sleep(1)",
    "an asynchronous client made here": "async with httpx.AsyncClient() as c:\n            await c.get('x')",
    "an asynchronous file": "async with aiofiles.open('x') as f:\n            await f.read()",
    "a lock that is only tried": "lock.acquire(blocking=False)",
    "a lock that is only tried, by place": "lock.acquire(False)",
    "a lock without time": "lock.acquire(timeout=0)",
    "a queue that is only asked": "numbers.get_nowait()",
    "a queue that does not wait": "numbers.get(block=False)",
    "a queue without an end": "numbers.put(1)",
    "an asyncio lock": "async with asyncio.Lock():\n            pass",
    "a future that is done": "f = pool.submit(slow)\n        if f.done():\n            f.result()",
    "a future that was awaited": "f = pool.submit(slow)\n        await asyncio.wrap_future(f)\n        f.result()",
    "a task that is done": "t = asyncio.create_task(moved())\n        await asyncio.wait([t])\n        t.result()",
    "a function that is not called": "return slow",
    "a function that is called elsewhere": "callbacks = [slow]",
    "an object that is not called": "Slow()",
    "another method of it": "await Slow().fast()",
    "a close": "requests.Session().close()",
    "either: in a thread": "await either(slow)",
    "either: another class": "either_object(Fetcher())",
    "an unknown object": "request.app.state.client.get('x')",
    "an unknown module's function": "import somewhere\n        somewhere.get('x')",
    "a reason given": "time.sleep(1)  # evenflow: blocking-ok it is the test of a test",
    "a reason given on the way": "slow()  # evenflow: blocking-ok short",
    "a reason given at the end of a call": "slow(\n            1\n        )  # evenflow: blocking-ok short",
    "what never runs": "if False:\n            time.sleep(1)",
}


@pytest.mark.parametrize("body", CLEAN.values(), ids=CLEAN.keys())
def test_what_does_not_block_is_not_named(tmp_path: Path, body: str) -> None:
    assert read(tmp_path, main=HELPERS.replace("BODY", body)) == []


def test_what_runs_when_a_module_is_imported_is_no_finding(tmp_path: Path) -> None:
    main = """
        time.sleep(1)
        class Settings:
            text = open("x").read()
        if __name__ == "__main__":
            time.sleep(1)
        @app.get("/")
        async def route(): return Settings.text
    """
    assert read(tmp_path, main=main) == []


def test_a_lock_that_is_waited_for_is_named(tmp_path: Path) -> None:
    assert len(read(tmp_path, main=HELPERS.replace("BODY", "lock.acquire()"))) == 1


def test_a_queue_with_an_end_is_named(tmp_path: Path) -> None:
    assert len(read(tmp_path, main=HELPERS.replace("BODY", "short.put(1)"))) == 1


def test_a_future_that_is_not_known_to_be_done_is_named(tmp_path: Path) -> None:
    assert len(read(tmp_path, main=HELPERS.replace("BODY", "pool.submit(slow).result()"))) == 1


def test_a_route_that_is_a_plain_function_runs_in_a_thread(tmp_path: Path) -> None:
    assert read(tmp_path, main="@app.get('/')\ndef route(): time.sleep(1)") == []


def test_a_dependency_that_is_a_plain_function_runs_in_a_thread(tmp_path: Path) -> None:
    main = """
        def user():
            time.sleep(1)
            yield 1
        class Paging:
            def __init__(self, page: int = 1): time.sleep(1)
        @app.get("/")
        async def route(user=Depends(user), paging: Paging = Depends()): ...
    """
    assert read(tmp_path, main=main) == []


def test_a_plain_generator_that_is_streamed_runs_in_a_thread(tmp_path: Path) -> None:
    main = """
        from fastapi.responses import StreamingResponse
        def rows():
            time.sleep(1)
            yield b""
        @app.get("/")
        async def route(): return StreamingResponse(rows())
    """
    assert read(tmp_path, main=main) == []


LOCKED = """
    lock = threading.Lock()
    counts = {}
    def count():
        with lock:
            counts["x"] = counts.get("x", 0) + 1
    @app.get("/")
    async def route():
        with lock:
            return counts
"""


def test_a_lock_that_nobody_holds_for_long_is_no_finding(tmp_path: Path) -> None:
    assert read(tmp_path, main=LOCKED) == []


def test_a_lock_that_a_thread_holds_while_it_waits_is_named(tmp_path: Path) -> None:
    slow = "    def slow():\n        with lock:\n            fetch()\n    def fetch(): requests.get('x')\n"
    found = read(tmp_path, main=LOCKED + slow)
    assert {(each.route, each.call) for each in found} == {("GET /", "threading.Lock.acquire")}


def test_a_lock_that_is_held_over_an_await_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, main=LOCKED.replace("return counts", "await asyncio.sleep(1)"))
    assert {each.call for each in found} == {"threading.Lock.acquire"}


def test_a_lock_of_which_nothing_is_known_is_no_finding(tmp_path: Path) -> None:
    main = """
    def count(lock: threading.Lock):
        with lock:
            pass
    @app.get("/")
    async def route(): count(unknown)
    """
    assert read(tmp_path, main=main) == []
