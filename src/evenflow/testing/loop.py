"""The event loop of tests that nobody else runs: one for the whole run, so that what is bound to a loop stays usable.

A fixture that yields lives in a task of its own from its first line to its last, as cancel scopes and task groups
demand. Fixtures and test share their context variables.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any

_PATIENCE = 5.0
"""Seconds that tasks a test has left behind have to end in, once they are cancelled."""


class LoopOfTheRun:
    """One event loop, made with the first coroutine that is run."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._wide: Context | None = None
        """The context of fixtures that live longer than one test."""
        self._narrow: Context | None = None
        """The context of one test and its own fixtures."""
        self._wide_fixtures = 0

    def run(self, work: Coroutine[Any, Any, Any], *, wide: bool = False) -> Any:
        """What `work` gives, run in the context of the test, or in the one around all tests."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(work, context=self._context(wide=wide))

    @contextmanager
    def holding(self, fixture: Callable[..., Any], arguments: dict[str, Any], *, wide: bool) -> Iterator[Any]:
        """The value of an asynchronous fixture; its second half is run at the end."""
        if not inspect.isasyncgenfunction(fixture):
            yield self.run(fixture(**arguments), wide=wide)
            return
        context = self._context(wide=wide)
        lived = _Lived(fixture(**arguments))
        self._wide_fixtures += wide
        try:
            value = self.run(lived.begin(context), wide=wide)
            yield value
            self.run(lived.end(), wide=wide)
        finally:
            self._wide_fixtures -= wide

    def end_of_test(self) -> None:
        """Cancels the tasks that a test has left behind.

        Where a fixture of a wider scope is open they are left alone: they may be its own.
        """
        self._narrow = None
        if self._runner is None or self._wide_fixtures:
            return
        left = asyncio.all_tasks(self._runner.get_loop())
        if left:
            self._runner.run(_cancelled(left))

    def close(self) -> None:
        """Ends the loop."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _context(self, *, wide: bool) -> Context:
        if self._wide is None:
            self._wide = copy_context()
        if wide:
            return self._wide
        if self._narrow is None:
            self._narrow = self._wide.copy()
        return self._narrow


class _Lived:
    """A fixture that yields, in its task."""

    def __init__(self, generator: AsyncGenerator[Any, None]) -> None:
        self._generator = generator
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None]

    async def begin(self, context: Context) -> Any:
        given: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live(given), context=context)
        await asyncio.wait([given, self._task], return_when=asyncio.FIRST_COMPLETED)
        return given.result() if given.done() else self._task.result()

    async def end(self) -> None:
        self._ending.set()
        await self._task

    async def _live(self, given: asyncio.Future[Any]) -> None:
        given.set_result(await anext(self._generator))
        await self._ending.wait()
        async for _ in self._generator:
            raise RuntimeError("An asynchronous fixture has yielded more than once.")


async def _cancelled(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_PATIENCE)
