"""What a middleware made with BaseHTTPMiddleware costs a request, measured on this machine."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from evenflow.cli.loop import new_event_loop

_SECONDS = 0.05
_SLICE = 20
"""Requests between two looks at the clock."""
_SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}


@cache
def microseconds_of_a_layer() -> float:
    """The CPU it costs where its `dispatch` does nothing; takes 50 ms to find out, once."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_measured())


async def _measured() -> float:
    bare = Response(b"{}")
    layered = BaseHTTPMiddleware(bare, dispatch=_dispatch)
    without = with_layer = float("inf")
    until = time.thread_time() + _SECONDS
    while time.thread_time() < until:
        # The least of many: more than that is what else happened meanwhile.
        without = min(without, await _slice(bare))
        with_layer = min(with_layer, await _slice(layered))
    return max(with_layer - without, 0.0) * 1e6


async def _slice(app: Any) -> float:
    """Seconds of CPU for a request: a clock on the wall would count what else the machine does."""
    began = time.thread_time()
    for _ in range(_SLICE):
        await app(dict(_SCOPE), _receive, _send)
    return (time.thread_time() - began) / _SLICE


async def _dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Any) -> None:
    pass
