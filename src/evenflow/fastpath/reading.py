"""What compiled handlers call to read a request that FastAPI has made, and that others may have read before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from evenflow.fastpath.receiving import MISSING, parse_body, unreadable
from evenflow.fastpath.upstream.inside import cached_json, keep_json
from evenflow.fastpath.upstream.names import Undefined

__all__ = ["UNREAD", "present", "read_json"]

UNREAD: Final = object()
"""A body that FastAPI's own handler should look at."""


async def read_json(request: Request, strict: bool) -> Any:
    """The body as FastAPI sees it. Raises what FastAPI raises for one it cannot read, and Unusual as `parse_body`."""
    try:
        raw = await request.body()
    except HTTPException:
        raise
    except Exception as error:
        raise unreadable(error, request.scope) from error
    if not raw:
        return Undefined
    body = parse_body(raw, (), request.scope["headers"], strict)
    if body is raw:
        return raw
    there = cached_json(request, UNREAD)
    if there is not UNREAD:
        return there
    keep_json(request, body)
    return body


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were found."""
    return {name: value for name, value in values.items() if value is not MISSING}
