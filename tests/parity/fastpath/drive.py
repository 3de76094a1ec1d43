"""Makes apps of a program, sends requests to them as an ASGI server would, and writes down all that comes of it."""

from __future__ import annotations

import asyncio
import linecache
import re
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, routing

from . import stage
from .spec import Request

BOUND = 5.0
"""Seconds for one request: none needs a tenth."""
Attach = Callable[[FastAPI], Any]
"""What is done to an app to make it another one with the same answers."""


@dataclass(frozen=True)
class Outcome:
    """What a request led to; two of the same request are to be equal, field by field."""

    messages: tuple[Any, ...]
    raised: tuple[str, ...]
    events: tuple[str, ...]
    trail: tuple[str, ...]
    keys: tuple[str, ...]
    faint: tuple[str, ...]
    received: int


class Instance:
    """One running app, made from a program."""

    def __init__(self, program: str, attach: Attach | None = None, name: str = "app") -> None:
        file = f"<{name}>"
        linecache.cache[file] = (len(program), None, program.splitlines(keepends=True), file)
        # FastAPI keeps by `id()` what it knows of an endpoint; the ids of apps that are gone come again.
        getattr(routing, "_endpoint_context_cache", {}).clear()
        self.file = file
        self.namespace: dict[str, Any] = {"__name__": "played"}
        exec(compile(program, file, "exec"), self.namespace)
        self.app: FastAPI = self.namespace["app"]
        self.overrides = dict(self.app.dependency_overrides)
        self.attach = attach
        self.attached = attach(self.app) if attach else None

    async def start(self) -> None:
        """Starts and stops the app once, as a server does that loads it before the first request."""
        incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive() -> dict[str, Any]:
            return incoming.pop(0)

        async def send(message: dict[str, Any]) -> None:
            assert message["type"] in ("lifespan.startup.complete", "lifespan.shutdown.complete"), message

        await self.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    def late(self) -> None:
        self.namespace["late"]()

    async def answer(self, request: Request) -> Outcome:
        """Sends `request`, and waits until the app has nothing more to do with it."""
        self.app.dependency_overrides = dict(self.overrides)
        stage.play(self.namespace, dict(request.orders))
        return await asyncio.create_task(Driver(request).run(self.app), context=Context())


class Driver:
    """The server's side of one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.messages: list[Any] = []
        self.received = 0
        self.incoming = self.websocket() if request.kind == "websocket" else self.body()

    def body(self) -> list[dict[str, Any]]:
        parts = self.request.body or (b"",)
        if self.request.leaves:
            return [{"type": "http.request", "body": part, "more_body": True} for part in parts] + [
                {"type": "http.disconnect"}
            ]
        last = len(parts) - 1
        return [{"type": "http.request", "body": part, "more_body": i < last} for i, part in enumerate(parts)]

    def websocket(self) -> list[dict[str, Any]]:
        receive = {"type": "websocket.receive", "text": "hello"}
        return [{"type": "websocket.connect"}, receive, {"type": "websocket.disconnect", "code": 1000}]

    def scope(self) -> dict[str, Any]:
        request = self.request
        scope = {
            "type": request.kind,
            "asgi": {"version": "3.0", "spec_version": request.spec_version},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.root_path + request.path,
            "raw_path": quote(request.root_path + request.path).encode(),
            "query_string": request.query,
            "root_path": request.root_path,
            "headers": list(request.headers),
            "client": ("127.0.0.1", 5000),
            "server": ("testserver", 80),
        }
        if request.kind == "websocket":
            scope |= {"scheme": "ws", "subprotocols": [], "method": None}
            del scope["method"]
        return scope

    async def receive(self) -> dict[str, Any]:
        self.received += 1
        if self.incoming:
            return self.incoming.pop(0)
        # The client stays: a disconnect while a response streams could fall either way.
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: dict[str, Any]) -> None:
        # A copy: what is sent may be changed by its owner later.
        self.messages.append({key: list(value) if isinstance(value, list) else value for key, value in message.items()})
        stage.log("sent", message["type"])

    def racing(self) -> bool:
        """Whether the order of events is not FastAPI's to decide: server-sent events are made ahead of being sent."""
        return any(
            (b"content-type", b"text/event-stream") in map(typeless, message.get("headers", ()))
            for message in self.messages
        )

    async def run(self, app: FastAPI) -> Outcome:
        scope = self.scope()
        raised: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(BOUND):
                await app(scope, self.receive, self.send)
        except Exception as error:
            raised = tuple(chain(error))
        messages, events = without_tracebacks(self.messages), stage.EVENTS
        if self.racing():
            # How far the stream has come when its source fails is a race of FastAPI's own.
            messages = messages[:1] if raised else messages
            events = sorted(event for event in events if "http.response" not in event)
        return Outcome(
            messages=tuple(map(plain, messages)),
            raised=raised,
            events=tuple(events),
            trail=stage.TRAIL.get(),
            keys=tuple(sorted(scope)),
            faint=tuple(stage.FAINT),
            received=self.received,
        )


def chain(error: BaseException | None, seen: frozenset[int] = frozenset()) -> list[str]:
    """An exception and those behind it: types, texts and notes."""
    found: list[str] = []
    # An exception of a group may have the group itself behind it.
    while error is not None and id(error) not in seen:
        seen |= {id(error)}
        text = stage.without_addresses(str(error))
        found.append(f"{type(error).__module__}.{type(error).__qualname__}: {text} {getattr(error, '__notes__', '')}")
        if isinstance(error, BaseExceptionGroup):
            found += [line for each in error.exceptions for line in chain(each, seen)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def without_tracebacks(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages less the frames that an app in debug mode shows: the functions on the way are not the answer."""
    if not any(b"Traceback (most recent call last)" in message.get("body", b"") for message in messages):
        return messages
    start, *bodies = messages
    headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    return [start | {"headers": headers}, *(body | {"body": body["body"].splitlines()[-1:]} for body in bodies)]


def typeless(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header less its parameters."""
    return header[0], header[1].partition(b";")[0]


def plain(message: dict[str, Any]) -> tuple[Any, ...]:
    body = message.get("body")
    if isinstance(body, bytes) and b"0x" in body.lower():
        message = message | {"body": re.sub(rb"0[xX][0-9a-fA-F]{6,}", b"0x", body)}
    return tuple(sorted((key, tuple(value) if isinstance(value, list) else value) for key, value in message.items()))
