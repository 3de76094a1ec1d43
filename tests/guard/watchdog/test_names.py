"""Whose a file is, what a line calls, and which route a request is for."""

from __future__ import annotations

import asyncio
import io
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import fastapi
import pytest
from fastapi import APIRouter, FastAPI

import evenflow
from evenflow.guard.watchdog import ownership
from evenflow.guard.watchdog.callee import Calling
from evenflow.guard.watchdog.routes import name_of, name_of_function, name_of_task
from evenflow.observe.request import route_of


@pytest.mark.parametrize(
    ("file", "its"),
    [
        (__file__, True),
        ("/srv/shop/main.py", True),
        (fastapi.__file__, False),
        (asyncio.__file__, False),
        (evenflow.__file__, False),
        ("/srv/shop/.venv/lib/python3.12/site-packages/requests/api.py", False),
        ("<string>", False),
        ("<frozen importlib._bootstrap>", False),
    ],
)
def test_a_file_is_the_programs_or_not(file: str, its: bool) -> None:
    assert ownership.is_program(file) is its


def test_a_program_that_is_installed_like_a_library_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    file = "/srv/venv/lib/python3.12/site-packages/shop/api.py"
    package = SimpleNamespace(__file__=str(Path(file).with_name("__init__.py")), __path__=[])
    monkeypatch.setitem(sys.modules, "shop", package)  # type: ignore[arg-type]  # a stand-in
    monkeypatch.setattr(ownership, "_programs", set())
    assert not ownership.is_program(file)

    ownership.adopt("shop.api")

    assert ownership.is_program(file)
    assert not ownership.is_program(fastapi.__file__)
    ownership.is_program.cache_clear()


def called_by(function: Callable[..., Any], *arguments: Any) -> list[str]:
    """What the function's frame is at while it calls something in C, seen by a profiler."""
    found: list[list[str]] = []

    def seen(frame: FrameType, event: str, _: Any) -> None:
        if event == "c_call" and frame.f_code is function.__code__ and not found:
            found.append(Calling.of(frame).called())

    sys.setprofile(seen)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return found[0]


class Holder:
    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")


class Slotted:
    __slots__ = ("buffer",)

    def __init__(self) -> None:
        self.buffer = io.BytesIO()


def by_module() -> None:
    time.sleep(0)


def by_name(sleep: Any) -> None:
    sleep(0)


def by_attribute(holder: Holder) -> None:
    holder.connection.execute("SELECT 1")


def by_slot(slotted: Slotted) -> None:
    slotted.buffer.read(5)


def over_lines(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT ?", (1,))


def of_builtins() -> None:
    sum([1, 2])


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (by_module, (), "time.sleep"),
        (by_name, (time.sleep,), "time.sleep"),
        (by_slot, (Slotted(),), "_io.BytesIO.read"),
        (of_builtins, (), "builtins.sum"),
    ],
)
def test_a_call_in_c_has_a_name(function: Callable[..., Any], arguments: Any, name: str) -> None:
    assert name in called_by(function, *arguments)


def test_a_method_in_c_is_named_by_its_class() -> None:
    holder = Holder()
    try:
        assert "sqlite3.Connection.execute" in called_by(by_attribute, holder)
        assert "sqlite3.Connection.execute" in called_by(over_lines, holder.connection)
    finally:
        holder.connection.close()


def test_a_property_is_not_run_to_find_a_name() -> None:
    class Careful:
        ran = False

        @property
        def connection(self) -> Any:
            Careful.ran = True
            return queue.Queue()

    def use(careful: Any) -> None:
        careful.connection.get_nowait.__class__.mro(careful)

    with pytest.raises(TypeError):
        use(Careful())
    Careful.ran = False
    frames: list[Calling] = []

    def seen(frame: FrameType, event: str, _: Any) -> None:
        if event == "c_call" and frame.f_code is use.__code__:
            frames.append(Calling.of(frame))

    sys.setprofile(seen)
    try:
        with pytest.raises(TypeError):
            use(Careful())
    finally:
        sys.setprofile(None)
    Careful.ran = False

    assert frames
    assert frames[0].called() == []
    assert not Careful.ran


def test_a_lock_that_is_entered_is_acquired() -> None:
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(0.2, lock.release).start()
    seen: list[Calling] = []

    def enter() -> None:
        with lock:
            pass

    def look(frame: FrameType) -> None:
        time.sleep(0.1)
        seen.append(Calling.of(sys._current_frames()[thread.ident or 0]))

    thread = threading.Thread(target=enter)
    thread.start()
    look(sys._getframe())
    thread.join()

    assert any(name.endswith("acquire") for name in seen[0].called())


# Routes


def app() -> FastAPI:
    outer, inner, router = FastAPI(), FastAPI(), APIRouter(prefix="/orders")

    @router.get("/{number:int}")
    async def order(number: int) -> None: ...

    @inner.get("/items/{item}")
    async def item(item: int) -> None: ...

    @outer.websocket("/live")
    async def live() -> None: ...

    outer.include_router(router, prefix="/api")
    outer.mount("/shops/{shop}", inner)
    return outer


def request(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "root_path": "", **more}


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (request("/api/orders/5"), "GET /api/orders/{number}"),
        (request("/shops/blue/items/5"), "GET /shops/{shop}/items/{item}"),
        (request("/proxied/api/orders/5", root_path="/proxied"), "GET /api/orders/{number}"),
        ({"type": "websocket", "path": "/live", "root_path": ""}, "WEBSOCKET /live"),
        (request("/secret-word"), None),
        (request("/api/orders/5", "POST"), None),
        ({"type": "lifespan"}, "lifespan"),
        (None, None),
    ],
)
def test_a_request_has_a_route_before_the_app_has_found_it(scope: Any, name: str | None) -> None:
    assert name_of(scope, app()) == name


def test_a_function_that_answers_one_route_names_it() -> None:
    one = app()
    codes = [route.endpoint.__code__ for route in one.routes if getattr(route, "path", "") == "/live"]

    assert name_of_function(codes, one) == "WEBSOCKET /live"
    assert name_of_function([called_by.__code__], one) is None


def test_a_mounts_parameter_is_not_told() -> None:
    route = SimpleNamespace(path_format="/items/{item}", param_convertors={"item": None})
    scope = request("/shops/blue/items/5", app_root_path="", path_params={"shop": "blue", "item": 5}, route=route)

    assert route_of(scope | {"root_path": "/shops/blue"}) == "GET /shops/{shop}/items/{item}"
    assert route_of(scope | {"root_path": "/shops/BLUE"}) == "GET /…/items/{item}"


async def test_a_task_of_the_program_has_a_name() -> None:
    async def refresh() -> None: ...

    task = asyncio.create_task(refresh())
    name = name_of_task(task)
    await task

    assert name is not None
    assert name.endswith("refresh")
    assert name.startswith("task ")
