"""The depot in this process, asked by a client of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

import httpx

from tests.guard.bed import present
from tests.guard.bed.index import FOLDER, Mistake

DEPOT = str(FOLDER / "depot")


def depot_app(environment: dict[str, str]) -> Any:
    """The app, which reads the environment once, when it is imported: a process has one world."""
    os.environ.update(environment)
    present.make_importable()
    from depot.main import app  # type: ignore[import-not-found, unused-ignore] # found beside this file, not before

    return app


@asynccontextmanager
async def visiting(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client, while the app is up."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://depot.example", timeout=30) as client,
    ):
        yield client


@contextmanager
def stacks_at(mistake: Mistake) -> Iterator[set[tuple[str, ...]]]:
    """The depot's functions that stood under a mistake's lines, innermost first, when each was first run."""
    seen: set[tuple[str, ...]] = set()
    lines = set(mistake.lines)

    def each_line(frame: FrameType, event: str, _: Any) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place in lines:
            lines.remove(place)  # loops come here often
            seen.add(_functions_below(frame, mistake.root))
        return each_line

    def each_call(frame: FrameType, event: str, _: Any) -> Any:
        return each_line if frame.f_code.co_filename.startswith(DEPOT) else None

    before = sys.gettrace()
    sys.settrace(each_call)
    try:
        yield seen
    finally:
        sys.settrace(before)


def _functions_below(frame: FrameType | None, root: str) -> tuple[str, ...]:
    names = []
    while frame is not None:
        code = frame.f_code
        around = root != "middleware" and code.co_filename.endswith("middleware.py")
        if code.co_filename.startswith(DEPOT) and not code.co_name.startswith("<") and not around:
            names.append(code.co_name)
        frame = frame.f_back
    return tuple(names)
