"""Work that a cancellation must not cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

_GRACE = 2.0


async def to_the_end(work: Awaitable[None], grace: float = _GRACE) -> None:
    """Await `work`; a cancellation is passed on when it is done, or after `grace` seconds.

    Whether a COMMIT happened must be known before its caller goes on, and what closes must close all.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=grace)
        if task.done() and not task.cancelled():
            task.exception()  # seen: the cancellation is what the caller hears of
        raise
