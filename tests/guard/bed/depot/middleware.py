"""What happens around every request."""

import sqlite3
import time
from collections.abc import Awaitable, Callable

from depot.settings import settings
from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send


class Footprints:
    """Writes down who was here, for the routes that are to be audited."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/m/middleware-sqlite":
            rows = 1_500_000 if b"big" in scope["query_string"] else 60_000
            self.note(scope["path"], rows)
        await self.app(scope, receive, send)

    def note(self, path: str, rows: int) -> None:
        connection = sqlite3.connect(settings.folder / "footprints.db")
        query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"
        # bed: m/middleware-sqlite kind=disk depth=1 call=sqlite3.Connection.execute root=middleware
        connection.execute(query, (rows,)).fetchone()
        connection.close()


async def throttle(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Slows down who asks too often."""
    if request.url.path == "/m/middleware-sleep":
        # bed: m/middleware-sleep kind=waits depth=0 call=time.sleep root=middleware
        time.sleep(0.2 if request.query_params.get("size") == "big" else 0.02)
    return await call_next(request)
