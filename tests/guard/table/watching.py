"""The tools that look at a program while it runs: how each is turned on, and what it says, one line a report."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import re
import threading
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TextIO

from starlette.responses import PlainTextResponse

from tests.guard.bed.index import FOLDER

_DEPOT = str(FOLDER / "depot")
LIMIT = 0.05
"""Seconds, where a tool has a longer limit (pyleak 0.2, asyncio 0.1): with those, less would be seen."""
Report = Callable[[Iterable[tuple[str, int]]], None]
"""Takes the places of one stack, outermost first."""


def reporter(file: TextIO) -> Report:
    """Writes the innermost of the depot's places, or none."""

    reports: queue.SimpleQueue[str] = queue.SimpleQueue()

    def write() -> None:  # in a thread: the tools would report the writing, too
        while True:
            file.write(reports.get())
            file.flush()

    def report(places: Iterable[tuple[str, int]]) -> None:
        ours = [place for place in places if place[0].startswith(_DEPOT)]
        reports.put(json.dumps(ours[-1:]) + "\n")

    threading.Thread(target=write, daemon=True).start()
    return report


def with_blockbuster(app: Any, report: Report) -> Any:
    """It raises in the app. What reaches the server is seen; what the app swallows is not."""
    from blockbuster import BlockBuster, BlockingError

    BlockBuster().activate()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except BlockingError as error:
            report((frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__))
            # Raised on, it would be logged, which it does not let pass either.
            with suppress(RuntimeError):  # an answer had begun
                await PlainTextResponse("blocked", 500)(scope, receive, send)

    return watched


def with_pyleak(app: Any, report: Report) -> Any:
    """Around every request."""
    from pyleak import EventLoopBlockError, no_event_loop_blocking

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        try:
            async with no_event_loop_blocking(action="raise", threshold=LIMIT):
                await app(scope, receive, send)
        except EventLoopBlockError as error:
            for event in error.blocking_events:
                report((frame.filename, frame.lineno or 0) for frame in event.blocking_stack or ())

    return watched


def with_aiocop(app: Any, report: Report) -> Any:
    """Its audit hook and its sampling, from 30 ms, and what it calls severe."""
    import aiocop

    def on_slow_task(event: aiocop.SlowTaskEvent) -> None:
        if not event.exceeded_threshold and event.severity_level != "high":
            return
        traces = [each["trace"] for each in (*event.blocking_events, *event.cpu_stack_samples)]
        for trace in traces or [""]:
            frames = [re.match(r"(.*):(\d+):", frame) for frame in trace.split(" <- ")]
            report([(frame[1], int(frame[2])) for frame in reversed(frames) if frame])

    aiocop.patch_audit_functions()
    aiocop.start_blocking_io_detection(trace_depth=40)
    aiocop.detect_slow_tasks(threshold_ms=30, on_slow_task=on_slow_task)

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if not aiocop.is_monitoring_active():
            aiocop.activate()  # patches the loop that runs
        await app(scope, receive, send)

    return watched


def with_asyncio_debug(app: Any, report: Report) -> Any:
    """The loop's debug mode."""

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "took" in record.msg:
                report(
                    (place[1], int(place[2])) for place in re.finditer(r"([^\s'=<>]+\.py):(\d+)", record.getMessage())
                )

    logging.getLogger("asyncio").addHandler(Heard())

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = LIMIT
        await app(scope, receive, send)

    return watched


TOOLS = {
    "blockbuster": with_blockbuster,
    "pyleak": with_pyleak,
    "aiocop": with_aiocop,
    "asyncio debug": with_asyncio_debug,
}
