"""Shadow mode: some requests are answered twice, by the compiled route and by FastAPI, and the answers compared."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

_SAFE = frozenset({"GET", "HEAD"})
_LARGEST = 1 << 20
"""Bytes of an answer that is kept to be compared; a larger one is sent on as it comes."""
_BODILESS = frozenset({204, 304})
_TRIALS = 4
"""How often both have to give the same two answers again before the compiled route is blamed. The endpoint may have
one answer for a first call and another for later ones, or toss a coin."""

Serve = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(slots=True)
class _Answer:
    scope: Any
    """What the app has left in its copy of the scope."""
    messages: list[Any] = field(default_factory=list)
    size: int = 0
    error: Exception | None = None

    @property
    def seen(self) -> Any:
        """What a client can tell: status, headers in order, body; or the kind of error."""
        start: Any = next((one for one in self.messages if one["type"] == "http.response.start"), {})
        body = b"".join(one.get("body", b"") for one in self.messages if one["type"] == "http.response.body")
        headers = [(bytes(name), bytes(value)) for name, value in start.get("headers", ())]
        return start.get("status"), headers, body, type(self.error), str(self.error)


class Shadow:
    """Compares for one app."""

    def __init__(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"shadow is the share of requests to compare, from 0 to 1, not {share}.")
        self._share = share
        self._random = random.Random()
        self._unsteady: set[Any] = set()
        """Routes that give two answers to one question, whoever asks."""

    def wants(self, route: Any, scope: Any) -> bool:
        """Whether this request is one to compare."""
        return (
            scope["method"] in _SAFE
            and route not in self._unsteady
            and self._random.random() < self._share
            and not _has_body(scope)
        )

    async def compare(self, route: Any, ours: Serve, stock: Serve, asgi: tuple[Any, Any, Any]) -> str | None:
        """Answers the request, and says how the compiled route's answer differs from FastAPI's; None if it does not.

        Where they differ, it is FastAPI's that is sent.
        """
        scope, receive, send = asgi
        received = _Received(receive)
        first = await _captured(ours, scope, received, send)
        if first is None:
            return None
        second = await _kept(stock, scope, received)
        if first.seen == second.seen:
            await _send(first, scope, send)
            return None
        difference: str | None = _difference(first.seen, second.seen)
        for _ in range(_TRIALS):
            again = await _kept(ours, scope, received), await _kept(stock, scope, received)
            if (again[0].seen, again[1].seen) != (first.seen, second.seen):
                self._unsteady.add(route)
                difference = None
                break
        await _send(second, scope, send)
        return difference


class _Received:
    """Gives every run the messages that were received by the one before."""

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self._receive = receive
        self._messages: list[Any] = []

    def again(self) -> Callable[[], Awaitable[Any]]:
        """A `receive` that begins with the first message."""
        at = 0

        async def receive() -> Any:
            nonlocal at
            # The request has no body, so these are no more than two: that, and that the client has gone.
            if at == len(self._messages):
                message = await self._receive()
                if len(self._messages) == at < 2:
                    self._messages.append(message)
            else:
                message = self._messages[at]
            at = min(at + 1, len(self._messages))
            return message

        return receive


def _has_body(scope: Any) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


async def _kept(serve: Serve, scope: Any, received: _Received) -> _Answer:
    answer = await _captured(serve, scope, received, None)
    assert answer is not None
    return answer


async def _captured(serve: Serve, scope: Any, received: _Received, send: Any) -> _Answer | None:
    """The answer; or None where it grew too large, or its length is not known beforehand, and it went to `send`."""
    answer = _Answer(_copied(scope))
    passed = False

    async def capture(message: Any) -> None:
        nonlocal passed
        if passed:
            await send(message)
            return
        answer.messages.append(message)
        answer.size += len(message.get("body", b""))
        if send is not None and (answer.size > _LARGEST or _is_open_ended(message)):
            passed = True
            await _send(answer, scope, send)

    try:
        await serve(answer.scope, received.again(), capture)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if passed:
            raise
        answer.error = error
    return None if passed else answer


def _is_open_ended(message: Any) -> bool:
    """Whether an answer begins that may go on for ever: waiting for its end would keep it from the client."""
    if message["type"] != "http.response.start" or message["status"] in _BODILESS:
        return False
    return all(bytes(name).lower() != b"content-length" for name, _ in message.get("headers", ()))


def _copied(scope: Any) -> Any:
    """The scope for one of several runs: what one leaves in it, the next does not find."""
    copy = dict(scope)
    if "state" in scope:
        copy["state"] = scope["state"].copy()
    return copy


async def _send(answer: _Answer, scope: Any, send: Any) -> None:
    # Middlewares look into the scope for what the app has left there, such as the route.
    if "state" in scope:
        scope["state"].update(answer.scope["state"])
    scope.update({key: value for key, value in answer.scope.items() if key != "state"})
    for message in answer.messages:
        await send(message)
    if answer.error is not None:
        raise answer.error


def _difference(ours: Any, stock: Any) -> str:
    names = ("status", "headers", "body", "error", "error's text")
    return ", ".join(name for name, one, other in zip(names, ours, stock, strict=True) if one != other)
