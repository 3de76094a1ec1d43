"""Where a generated app plays: what its functions do is written down here, and what a request orders them to do."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from itertools import count
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import SecurityScopes
from starlette.background import BackgroundTasks
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException

EVENTS: list[str] = []
"""What happened, in order."""
FAINT: list[str] = []
"""What only somebody sees who looks into the scope: compared apart."""
ORDERS: dict[str, str] = {}
"""Which function shall do what, by the function's name: how a request makes a dependency fail."""
NAMESPACE: dict[str, Any] = {}
"""The names of the app that plays."""
TRAIL: ContextVar[tuple[str, ...]] = ContextVar("trail", default=())
"""Who was there before, as far as context variables are handed on."""
MAIN = threading.get_ident()
_serial: list[Iterator[int]] = [count()]


class Custom(Exception):
    """Has a handler in some apps."""


class Child(Custom):
    """Is handled as its parent where it has no handler of its own."""


class Given:
    """What a dependency gives: tells one call of it from another."""

    def __init__(self, name: str) -> None:
        self.name, self.serial = name, next(_serial[0])

    def __repr__(self) -> str:
        return f"{self.name}#{self.serial}"


RAISES: dict[str, Callable[[], BaseException]] = {
    "http 404": lambda: HTTPException(404, "order", headers={"x-why": "order"}),
    "http 401": lambda: HTTPException(401, {"why": ["order"]}),
    "http 418": lambda: HTTPException(418),
    "http 304": lambda: HTTPException(304, "nothing new"),
    "starlette 403": lambda: StarletteHTTPException(403, "starlette"),
    "custom": lambda: Custom("order"),
    "child": lambda: Child("order"),
    "value": lambda: ValueError("order"),
    "key": lambda: KeyError("order"),
    "invalid": lambda: RequestValidationError([{"loc": ("order",), "msg": "m", "type": "t"}], body="order"),
    "stop": lambda: StopIteration("order"),
    "stop async": lambda: StopAsyncIteration("order"),
    "group": lambda: ExceptionGroup("order", [ValueError("one"), Custom("two")]),
    "os": lambda: OSError("order"),
}


def play(namespace: dict[str, Any], orders: dict[str, str]) -> None:
    """Clears the stage for the next request."""
    EVENTS.clear()
    FAINT.clear()
    ORDERS.clear()
    ORDERS.update(orders)
    NAMESPACE.clear()
    NAMESPACE.update(namespace)
    _serial[0] = count()


def show(value: Any) -> str:
    """A value as text, the same for equal values, without addresses."""
    if isinstance(value, UploadFile):
        text = f"{value.filename} {value.content_type} {value.size} {value.file.read()!r} {value.file.seek(0)}"
    elif isinstance(value, FormData):
        text = str([(key, show(item)) for key, item in value.multi_items()])
    elif isinstance(value, SecurityScopes):
        text = value.scope_str
    elif isinstance(value, set | frozenset):
        text = str(sorted(map(repr, value)))
    elif isinstance(value, list | tuple) and any(isinstance(item, UploadFile) for item in value):
        text = str([show(item) for item in value])
    elif isinstance(value, Request | Response | BackgroundTasks):
        text = ""
    else:
        text = repr(value)
    return f"{type(value).__name__} {without_addresses(text)[:600]}"


def without_addresses(text: str) -> str:
    return re.sub(r"(0x|cancel scope )[0-9a-f]{6,}", r"\1", text)


def log(*words: Any) -> None:
    thread = "" if threading.get_ident() == MAIN else " (thread)"
    EVENTS.append(without_addresses(" ".join(str(word) for word in words)) + thread)


def arrive(where: str, **values: Any) -> Given:
    """Says that `where` was called, with what, and does what was ordered."""
    log(where, {name: show(value) for name, value in values.items()}, "after", ",".join(TRAIL.get()))
    TRAIL.set((*TRAIL.get(), where))
    obey(where)
    return Given(where)


def obey(where: str) -> None:
    order = ORDERS.get(where, "")
    if order in RAISES:
        raise RAISES[order]()
    verb, _, name = order.partition(" ")
    if verb == "override" and name in NAMESPACE:
        NAMESPACE["app"].dependency_overrides[NAMESPACE[name]] = NAMESPACE["instead"]
    if verb == "restore":
        NAMESPACE["app"].dependency_overrides = {}


def touch(where: str, response: Response) -> None:
    """Writes into the response that FastAPI injects."""
    response.headers.append("x-touched", where)
    match ORDERS.get(f"{where} response", "").split():
        case ["status", code]:
            response.status_code = int(code)
        case ["cookie"]:
            response.set_cookie("c", where, httponly=True)
        case ["type"]:
            response.headers["content-type"] = "text/x-order"
        case ["length"]:
            response.headers["content-length"] = "3"


def look(where: str, request: Any) -> None:
    """Reads what hangs on the request without waiting."""
    log(where, "sees", request.scope.get("method"), request.url.path, dict(request.path_params), request.query_params)
    log(where, "route", getattr(request.scope.get("route"), "path", None), request.cookies, request.base_url)
    log(where, "endpoint", getattr(request.scope.get("endpoint"), "__name__", None), type(request).__name__)
    seen = getattr(request.state, "seen", None) or []
    request.state.seen = [*seen, where]
    log(where, "state", request.state.seen)
    FAINT.append(f"{where} scope {sorted(request.scope)}")
    FAINT.append(f"{where} fastapi {sorted(request.scope.get('fastapi') or {})}")


async def read(where: str, request: Request) -> None:
    """Reads the body again, in the way that was ordered."""
    match ORDERS.get(f"{where} request"):
        case "body":
            log(where, "body", await request.body())
        case "json":
            log(where, "json", show(await request.json()))
        case "form":
            log(where, "form", show(await request.form()))
        case "stream":
            log(where, "stream", [chunk async for chunk in request.stream()])


def later(where: str, background: BackgroundTasks) -> None:
    background.add_task(work, f"{where} work")
    background.add_task(work_in_thread, f"{where} work 2")


async def work(where: str) -> None:
    arrive(where)


def work_in_thread(where: str) -> None:
    arrive(where)
