"""The cancel scope that FastAPI puts around dependencies with `yield`, so that leaving them is not cancelled."""

from __future__ import annotations

from asyncio import current_task
from typing import Any

from anyio import CancelScope
from anyio._backends import _asyncio
from anyio.lowlevel import checkpoint_if_cancelled

__all__ = ["checkpoint_within", "shielding_scope"]

_STATES: Any = getattr(_asyncio, "_task_states", None)
"""What AnyIO knows of asyncio's tasks; one that is in no cancel scope is not among them, or has none there."""


class _NoScope:
    """Stands for a scope around which there is no other: it has nothing to shield from."""

    shield = False

    def __enter__(self) -> _NoScope:
        return self

    def __exit__(self, *raised: object) -> None:
        return None


def shielding_scope() -> Any:
    """A cancel scope, or what does nothing where the task is in none: only an outer one could be shielded from.

    A scope costs more than a small endpoint.
    """
    try:
        task = current_task()  # hot: bench_fastpath
    except RuntimeError:  # this loop is not asyncio's
        return CancelScope()
    if task is None or _STATES is None:
        return CancelScope()
    state = _STATES.get(task)
    return _NoScope() if state is None or state.cancel_scope is None else CancelScope()


async def checkpoint_within(scope: Any) -> None:
    """Lets a cancellation through that was held off while `scope` shielded."""
    if type(scope) is not _NoScope:
        await checkpoint_if_cancelled()
