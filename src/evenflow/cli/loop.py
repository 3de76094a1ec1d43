"""The event loop of a served app, made in the process that serves."""

from __future__ import annotations

import asyncio
import gc
from importlib.util import find_spec

# Requests that wait together are young objects that live a moment longer than one request. With Python's default
# of 700 the collector looks through them every few requests and finds nothing: a sixth of the CPU of a small route.
_YOUNG_OBJECTS = 20_000


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop's where it is installed, and a garbage collector set for serving."""
    # hot: bench_article, where collecting was a sixth of the CPU.
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    if find_spec("uvloop"):
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()
