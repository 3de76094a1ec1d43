"""What compiled routes call when something was raised: FastAPI looks for a handler in two places, by its own code."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from evenflow.fastpath.responding import Sender
from evenflow.fastpath.upstream.names import wrap_app_handling_exceptions

__all__ = ["failed", "failed_inside", "failed_outside"]

_STARTED = {"type": "http.response.start"}
"""Told to Starlette's code, and not sent, where the response has begun."""


async def failed(error: Exception, request: Request, scope: Any, receive: Any, sender: Sender) -> None:
    """Answers with the app's handler for `error`, or raises it: around the route, then around all routes."""
    unhandled = None
    try:
        await failed_inside(error, request, scope, receive, sender)
    except Exception as raised:  # noqa: BLE001 - raised again unless there is a handler
        unhandled = raised
    # Not while `raised` is handled: what a handler raises then has it behind itself, as in FastAPI.
    if unhandled is not None:
        await failed_outside(unhandled, scope, receive, sender)


async def failed_inside(error: Exception, request: Request, scope: Any, receive: Any, sender: Sender) -> None:
    """As around one route, where the handler sees the request that the route saw."""
    app = wrap_app_handling_exceptions(_raising(error, sender), request)
    await app(scope, receive, _sending(sender))


async def failed_outside(error: Exception, scope: Any, receive: Any, sender: Sender) -> None:
    """As in ExceptionMiddleware, around all routes."""
    app = wrap_app_handling_exceptions(_raising(error, sender), Request(scope, receive, sender))
    await app(scope, receive, _sending(sender))


def _raising(error: Exception, sender: Sender) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if sender.started:
            await send(_STARTED)
        raise error

    return app


def _sending(sender: Sender) -> Any:
    async def send(message: Any) -> None:
        if message is not _STARTED:
            await sender(message)

    return send
