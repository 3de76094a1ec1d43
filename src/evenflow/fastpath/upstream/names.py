"""FastAPI's and Starlette's own functions that compiled routes call, under their own names less the underscore."""

from __future__ import annotations

from types import CodeType
from typing import Any

from fastapi._compat.v2 import _regenerate_error_with_loc as located_errors
from fastapi._compat.v2 import get_missing_field_error as missing_field_error
from fastapi.background import BackgroundTasks
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.dependencies.utils import _solve_generator as solve_generator
from fastapi.dependencies.utils import _validate_value_with_model_field as validate_value
from fastapi.dependencies.utils import request_body_to_args as body_to_args
from fastapi.dependencies.utils import request_params_to_args as params_to_args
from fastapi.dependencies.utils import run_in_threadpool, solve_dependencies  # type: ignore[attr-defined]  # as FastAPI knows it
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import FastAPIError, RequestValidationError, ResponseValidationError
from fastapi.routing import _extract_endpoint_context as endpoint_context
from fastapi.routing import request_response
from fastapi.security import SecurityScopes
from fastapi.telemetry._api import get_telemetry_data as telemetry_data
from pydantic_core import PydanticUndefined as Undefined
from starlette import requests
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette._utils import get_route_path as route_path
from starlette.datastructures import FormData
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.requests import Request

from evenflow.fastpath.upstream.added import apply_form_limits, body_limit_error, resolve_form_limits, with_body_limit
from evenflow.fastpath.upstream.shielding import checkpoint_within, shielding_scope

__all__ = [
    "MAX_BODY_SIZE_SCOPE_KEY",
    "NOT_AWAITED",
    "BackgroundTasks",
    "FastAPIError",
    "RequestValidationError",
    "ResponseValidationError",
    "SecurityScopes",
    "Undefined",
    "apply_form_limits",
    "body_limit_error",
    "body_to_args",
    "checkpoint_within",
    "contextmanager_in_threadpool",
    "endpoint_context",
    "jsonable_encoder",
    "keep_body",
    "located_errors",
    "missing_field_error",
    "params_to_args",
    "parse_options_header",
    "resolve_form_limits",
    "route_path",
    "run_in_threadpool",
    "shielding_scope",
    "solve_dependencies",
    "solve_generator",
    "telemetry_data",
    "validate_value",
    "with_body_limit",
    "wrap_app_handling_exceptions",
]


def keep_body(request: Request, raw: Any, body: Any) -> None:
    """Leaves in `request` what reading its body leaves there."""
    request._stream_consumed = raw is not Undefined
    if isinstance(body, FormData):
        request._form = body
        return
    request._body = raw
    if body is not Undefined and body is not raw:
        request._json = body


def _not_awaited() -> str:
    code = getattr(request_response, "__code__", None)
    while code is not None:
        texts = (
            const for const in code.co_consts if isinstance(const, str) and const.startswith("Response not awaited")
        )
        found = next(texts, None)
        if found:
            return found
        code = next((const for const in code.co_consts if isinstance(const, CodeType)), None)
    return ""


# Starlette has None where python-multipart is not installed; there are no forms then.
parse_options_header: Any = requests.parse_options_header  # type: ignore[attr-defined]  # it imports it, and from two places

NOT_AWAITED = _not_awaited()
"""What FastAPI says when a dependency with `yield` swallowed an exception."""
