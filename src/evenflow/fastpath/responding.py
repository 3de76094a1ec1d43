"""What compiled routes call to answer: bodies and responses, byte for byte as FastAPI and Starlette make them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import lru_cache
from json import encoder
from pathlib import PurePath
from typing import Any

from fastapi.utils import is_body_allowed_for_status_code
from pydantic import BaseModel
from starlette.responses import Response

from evenflow.fastpath.upstream.names import jsonable_encoder

__all__ = ["Sender", "fresh_reply", "json_bytes", "json_response", "made_response"]

_SCALARS = frozenset({str, int, float, bool, type(None)})
_DICT_TYPES = 1024
_DEEPEST = 64
"""Far below where FastAPI's own encoder reaches the recursion limit."""


class Sender:
    """Sends, and remembers whether the response has begun."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Callable[[Any], Awaitable[None]], started: bool = False) -> None:
        self._send = send
        self.started = started

    async def __call__(self, message: Any) -> None:
        """Sends an ASGI message."""
        if message["type"] == "http.response.start":
            self.started = True
        await self._send(message)


def fresh_reply() -> Response:
    """The response that endpoints and dependencies set headers, cookies and the status of."""
    reply = Response()
    del reply.headers["content-length"]
    reply.status_code = None  # type: ignore[assignment]  # "not set", as FastAPI has it
    return reply


def made_response(kind: type[Response], content: Any, status: int | None, background: Any, reply: Any) -> Response:
    """A response of a class the user declared."""
    return _completed(kind(content, **_arguments(status, background, reply)), reply)


def json_response(content: bytes, status: int | None, background: Any, reply: Any) -> Response:
    """A response of JSON that is written already."""
    arguments = _arguments(status, background, reply)
    return _completed(Response(content, media_type="application/json", **arguments), reply)


def _arguments(status: int | None, background: Any, reply: Any) -> dict[str, Any]:
    told = None if reply is None else reply.status_code
    chosen = told or status or told
    return {"background": background} | ({} if chosen is None else {"status_code": chosen})


def _completed(response: Response, reply: Response | None) -> Response:
    if not is_body_allowed_for_status_code(response.status_code):
        response.body = b""
    if reply is not None:
        response.headers.raw.extend(reply.headers.raw)
    return response


def json_bytes(content: Any) -> bytes:
    """JSON as Starlette's JSONResponse writes it, of what FastAPI's encoder makes of `content`."""
    if not _is_plain(content, _DEEPEST):
        content = jsonable_encoder(content)
    return _written(content)


def _is_plain(value: Any, deepest: int) -> bool:
    """Whether FastAPI's encoder would only copy it: exact types, and no key it leaves out."""
    kind: Any = type(value)
    if kind in _SCALARS:
        return True
    if not deepest:
        return False
    if kind is list:
        return all(type(one) in _SCALARS or _is_plain(one, deepest - 1) for one in value)
    if kind is not dict and not _is_dict(kind):
        return False
    for key, one in value.items():
        if type(key) is not str or key.startswith("_sa"):
            return False
        if type(one) not in _SCALARS and not _is_plain(one, deepest - 1):
            return False
    return True


@lru_cache(maxsize=_DICT_TYPES)
def _is_dict(kind: Any) -> bool:
    """Whether FastAPI's encoder sees nothing in objects of this type but a dict, as in rows of a database."""
    inherited = all(
        getattr(kind, name, None) is getattr(dict, name) for name in ("items", "keys", "__iter__", "__len__")
    )
    otherwise = issubclass(kind, (BaseModel, Enum, PurePath)) or hasattr(kind, "__dataclass_fields__")
    return issubclass(kind, dict) and inherited and not otherwise


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))


def _chunks() -> Callable[[Any, int], Any] | None:
    # What `JSONEncoder.encode` makes anew for every call. # hot: bench_fastpath
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return None
    text = encoder.encode_basestring
    chunks: Callable[[Any, int], Any] = make(None, _ENCODER.default, text, None, ":", ",", False, False, False)
    return chunks


_CHUNKS = _chunks()


def _written(content: Any) -> bytes:
    # `jsonable_encoder` gives plain objects too, and none of them in a circle.
    if _CHUNKS is None:
        return _ENCODER.encode(content).encode()
    return "".join(_CHUNKS(content, 0)).encode()
