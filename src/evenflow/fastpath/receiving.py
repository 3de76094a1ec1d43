"""What compiled routes call to read a request: its body, query and cookies, as FastAPI and Starlette read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from email.message import Message
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote_plus

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request, cookie_parser

from evenflow.fastpath.plan import RoutePlan
from evenflow.fastpath.upstream.names import (
    MAX_BODY_SIZE_SCOPE_KEY,
    RequestValidationError,
    Undefined,
    body_limit_error,
    endpoint_context,
    keep_body,
    located_errors,
    missing_field_error,
    parse_options_header,
    resolve_form_limits,
    validate_value,
)

__all__ = [
    "MISSING",
    "Unusual",
    "absent",
    "context",
    "invalid_request",
    "located",
    "missing",
    "parse_body",
    "read_body",
    "read_cookies",
    "read_form",
    "read_query",
    "read_texts",
    "remade_request",
    "replaying",
]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Received = Sequence[Any]
"""ASGI messages."""

_LARGEST_FIELD = 1024 * 1024
_MOST_FIELDS = 1000
"""Starlette's own limits, where the app sets none."""
_CONTENT_TYPES = 256
"""Clients send a handful; one who makes them up costs a parse each."""


class _Mark:
    """Stands where there is no value."""


MISSING: Final = _Mark()
"""A dependency was not called because something was wrong with what it needs."""


class Unusual(BaseException):  # not for `except Exception`: it passes through everything up to the route's end
    """A body that FastAPI should look at itself, with what has been received of it."""

    def __init__(self, received: Received = ()) -> None:
        self.received = received


async def read_body(receive: Receive, scope: Scope) -> tuple[bytes, Received]:
    """The whole body and the messages it came in. Raises what FastAPI raises for one it cannot read."""
    messages: list[Any] = []
    chunks: list[bytes] = []
    while True:
        try:
            message = await receive()
        except HTTPException:
            raise
        except Exception as error:
            raise unreadable(error, scope) from error
        if message["type"] == "http.disconnect":
            gone = ClientDisconnect()
            raise unreadable(gone, scope) from gone
        if message["type"] != "http.request":
            continue
        messages.append(message)
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks), messages


def unreadable(error: Exception, scope: Scope) -> Exception:
    """What FastAPI answers where receiving a body failed."""
    if MAX_BODY_SIZE_SCOPE_KEY in scope and (limit := body_limit_error(error)):
        return cast("Exception", limit)
    return HTTPException(status_code=400, detail="There was an error parsing the body")


def replaying(messages: Received, receive: Receive) -> Receive:
    """A `receive` that first gives again what has been received."""
    rest = iter(messages)

    async def again() -> Any:
        message = next(rest, None)
        return await receive() if message is None else message

    return again


def parse_body(raw: bytes, received: Received, headers: Sequence[tuple[bytes, bytes]], strict: bool) -> Any:
    """The body as FastAPI sees it: parsed where it says that it is JSON, else as it came.

    Raises Unusual for what `from_json` cannot parse. Python's own parser may: it takes more, and never anything
    differently.
    """
    content_type = b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
            break
    if content_type == b"application/json" or (_is_json(content_type) if content_type else not strict):
        try:
            return from_json(raw)
        except ValueError:
            raise Unusual(received) from None
    return raw


@lru_cache(maxsize=_CONTENT_TYPES)
def _is_json(content_type: bytes) -> bool:
    message = Message()
    message["content-type"] = content_type.decode("latin-1")
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


async def read_texts(
    receive: Receive, scope: Scope, limits: Mapping[str, Any] | None
) -> tuple[Any, Received, FormData]:
    """The body, its messages, and the form in it, as python-multipart parses it for Starlette.

    A body that is no form is not read and makes an empty one. Raises Unusual where FastAPI should look: at what may
    have large files in it, and at what goes beyond the limits.
    """
    kind = _form_type(next((value for name, value in scope["headers"] if name == b"content-type"), b""))
    if kind == b"multipart/form-data":
        raise Unusual
    if kind != b"application/x-www-form-urlencoded":
        return Undefined, (), FormData()
    raw, messages = await read_body(receive, scope)
    allowed = resolve_form_limits(scope.get("fastapi", {}), limits)
    largest = allowed.get("max_part_size", _LARGEST_FIELD)
    fields: list[tuple[str, Any]] = []
    for field in raw.decode("latin-1").split("&"):  # hot: bench_fastpath
        if field:
            name, _, value = field.partition("=")
            if len(name) + len(value) > largest:
                raise Unusual(messages)
            fields.append((unquote_plus(name), unquote_plus(value)))
    if len(fields) > allowed.get("max_fields", _MOST_FIELDS):
        raise Unusual(messages)
    return raw, messages, FormData(fields)


@lru_cache(maxsize=_CONTENT_TYPES)
def _form_type(content_type: bytes) -> bytes:
    kind: bytes = parse_options_header(content_type.decode("latin-1"))[0]
    return kind


async def read_form(request: Request, limits: Mapping[str, Any] | None, files: Any) -> FormData:
    """The form, closed with its files when the request ends. Raises what FastAPI raises for one it cannot parse."""
    try:
        form = await request.form(**resolve_form_limits(request.scope.get("fastapi", {}), limits))
        files.push_async_callback(form.close)
    except HTTPException:
        raise
    except Exception as error:
        raise unreadable(error, request.scope) from error
    return form


def remade_request(scope: Scope, receive: Receive, send: Any, raw: Any, body: Any) -> Request:
    """The request as an exception handler gets it: with the body that was read."""
    request = Request(scope, receive, send)
    if raw is not Undefined:
        keep_body(request, raw, body)
    return request


def read_query(text: bytes) -> dict[str, str]:
    """The query; of several values of one name the last."""
    if not text:
        return {}
    if b"%" in text or b"+" in text:
        return dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True))
    pairs = {}
    for pair in text.decode("latin-1").split("&"):  # hot: bench_fastpath
        if pair:
            name, _, value = pair.partition("=")
            pairs[name] = value
    return pairs


def read_cookies(scope: Scope) -> dict[str, str]:
    """The cookies of all Cookie headers; of several of one name the last."""
    cookies: dict[str, str] = {}
    for header in Headers(scope=scope).getlist("cookie"):
        cookies.update(cookie_parser(header))
    return cookies


def missing(location: tuple[str, ...]) -> Any:
    """The error for a parameter that is required and not there."""
    return missing_field_error(location)


def absent(field: Any, location: tuple[str, ...]) -> tuple[Any, list[Any]]:
    """What FastAPI makes of a parameter that is not there, and the errors in that."""
    return validate_value(field=field, value=Undefined, values={}, loc=location)


def located(invalid: ValidationError, location: tuple[str, ...]) -> list[Any]:
    """Pydantic's errors, as FastAPI places them in the request or the response."""
    return located_errors(errors=invalid.errors(include_url=False), loc_prefix=location)


def context(plan: RoutePlan, scope: Scope) -> Any:
    """What FastAPI's errors tell of the endpoint."""
    told = endpoint_context(plan.endpoint.call)
    if plan.endpoint.dependant.path:
        told["path"] = f"{scope['method']} {scope.get('root_path', '').rstrip('/')}{plan.endpoint.dependant.path}"
    return told


def invalid_request(errors: list[Any], body: Any, plan: RoutePlan, scope: Scope) -> RequestValidationError:
    """The error that answers a request with 422, or as the app's handler for it likes."""
    shown = None if body is Undefined else body
    return RequestValidationError(errors, body=shown, endpoint_ctx=context(plan, scope))
