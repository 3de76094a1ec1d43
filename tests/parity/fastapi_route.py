"""What a real FastAPI route sends for `response_model=list[Model]`: the other side of the JSON parity tests."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.exceptions import ResponseValidationError
from pydantic_core import PydanticSerializationError


async def sent(model: Any, rows: Any) -> bytes | None:
    """The body for these rows; None where FastAPI refuses them."""
    app = FastAPI()

    @app.get("/", response_model=list[model])
    async def give() -> Any:
        return rows

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        try:
            answer = await client.get("/")
        except (ResponseValidationError, PydanticSerializationError):
            return None
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.content


def body(model: Any, rows: Any) -> bytes | None:
    """The same, outside a loop."""
    return asyncio.run(sent(model, rows))
