"""Finds the way into an app's own middleware stack, and out of it again."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.applications import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry._asgi import NativeTelemetry
from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import _internal as logs_internal
from opentelemetry.metrics import _internal as metrics_internal
from starlette.middleware.exceptions import ExceptionMiddleware

from evenflow.fastpath.upstream.names import route_path, telemetry_data

__all__ = ["FastAPI", "exception_handlers", "inner_app", "quick_telemetry", "route_path", "telemetry_data", "way_in"]

_ASKED = (trace.get_tracer_provider, metrics.get_meter_provider, _logs.get_logger_provider)
_PROVIDERS = ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER", "OTEL_PYTHON_LOGGER_PROVIDER")


def way_in(app: FastAPI, below: Any) -> str | None:
    """Why `below` is not the place right inside the app's own middlewares; None if it is."""
    if type(below) is not ExceptionMiddleware:
        return f"{type(below).__name__} stands where ExceptionMiddleware should"
    if type(below.app) is not AsyncExitStackMiddleware or below.app.app is not app.router:
        return "FastAPI's own middlewares are not where they should be"
    return None


def stands_in(built: Any, kind: type) -> bool:
    """Whether there is a middleware of a kind in a stack; true if the stack cannot be looked through."""
    while type(built) is not kind:
        if isinstance(built, APIRouter):
            return False
        if not hasattr(built, "app"):
            return True
        built = built.app
    return True


def exception_handlers(below: Any) -> tuple[Any, Any]:
    """The app's handlers, as ExceptionMiddleware writes them into the scope."""
    return below._exception_handlers, below._status_handlers


def inner_app(below: Any, wrap: Callable[[Any], Any]) -> Any:
    """Puts what `wrap` makes of the router in its place, at the bottom of the stack; gives the router."""
    router = below.app.app
    below.app.app = wrap(router)
    return router


def quick_telemetry(app: FastAPI) -> None:
    """Answers "is telemetry on" from the providers that are set, where FastAPI looks into the environment each time."""
    telemetry = app._native_telemetry
    config = telemetry.config
    stock = NativeTelemetry.enabled.__get__(telemetry)
    own = (config["tracer_provider"], config["meter_provider"], config["logger_provider"])
    environment = getattr(os.environ, "_data", None)
    if environment is None or any(provider is not None for provider in own):
        return
    names = [os.environ.encodekey(name) for name in _PROVIDERS]

    def enabled() -> bool:
        if (  # hot: bench_fastpath
            trace._TRACER_PROVIDER is None
            and metrics_internal._METER_PROVIDER is None
            and logs_internal._LOGGER_PROVIDER is None
            and (trace.get_tracer_provider, metrics.get_meter_provider, _logs.get_logger_provider) == _ASKED
            and names[0] not in environment
            and names[1] not in environment
            and names[2] not in environment
        ):
            return False
        return bool(stock())

    enabled.__evenflow__ = True  # type: ignore[attr-defined]  # known as ours when looked at again
    telemetry.enabled = enabled  # type: ignore[method-assign]  # of this one app


def stock_telemetry(app: FastAPI) -> None:
    """Undoes `quick_telemetry`."""
    vars(app._native_telemetry).pop("enabled", None)
