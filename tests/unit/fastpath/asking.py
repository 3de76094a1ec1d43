"""An app with the fast path, and a client that asks it, in one process."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI


async def ask(app: FastAPI, path: str = "/", method: str = "GET", **options: Any) -> httpx.Response:
    """The app's answer to one request; an exception of the app's is raised here."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, path, **options)


def hello() -> FastAPI:
    """An app of one route."""
    app = FastAPI()

    @app.get("/")
    async def read() -> dict[str, str]:
        return {"message": "hi"}

    return app
