"""What of FastAPI's a compiled handler calls where it stands inside of FastAPI's own code, patched or not."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from fastapi import routing
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry._api import _operation as operation
from fastapi.telemetry._api import _validation_failed
from starlette.requests import Request

__all__ = ["operation", "run_endpoint", "serialized", "told_invalid"]


def run_endpoint(*, dependant: Any, values: dict[str, Any], is_coroutine: bool) -> Any:
    """FastAPI's own function, or the one somebody has put in its place: it is looked up anew for every request."""
    return routing.run_endpoint_function(dependant=dependant, values=values, is_coroutine=is_coroutine)


def serialized(**given: Any) -> Any:
    """The content of a response, by whatever stands in the place of FastAPI's function for that."""
    return routing.serialize_response(**given)


def serializes_itself() -> bool:
    """Whether nobody has put anything in the place of FastAPI's function for that."""
    return (
        type(routing.serialize_response) is FunctionType and routing.serialize_response.__module__ == routing.__name__
    )


def told_invalid(error: RequestValidationError) -> RequestValidationError:
    """The error, once FastAPI's telemetry knows of it."""
    _validation_failed(error)
    return error


def cached_json(request: Request, otherwise: Any) -> Any:
    """The body, where it was parsed before."""
    return getattr(request, "_json", otherwise)


def keep_json(request: Request, body: Any) -> None:
    """Leaves the parsed body in the request, as reading it does."""
    request._json = body
