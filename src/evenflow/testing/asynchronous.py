"""Who runs an `async def` test and its fixtures: anyio's plugin, pytest-asyncio, or, where neither would, we do."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from enum import Enum
from importlib import import_module
from typing import Any, TypeVar

import pytest

from evenflow.testing.loop import LoopOfTheRun

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MADE_BY = "__evenflow_made_by__"
"""The attribute of a fixture's function that names the asynchronous one."""
_MARKS_OF_OTHERS = ("trio", "twisted", "tornado", "curio", "asyncio_cooperative")
_NEEDS_DB_FIRST = ("client", "live_client")


def in_the_loop(made_by: str) -> Callable[[_Function], _Function]:
    """Says which asynchronous function (`module:name`) makes a fixture, from the same arguments.

    It is imported when the fixture is asked for, and called in the loop of the test, whoever runs that.
    """

    def mark(function: _Function) -> _Function:
        setattr(function, _MADE_BY, made_by)
        return function

    return mark


class Runner(Enum):
    """Who runs a test."""

    ANYIO = "anyio"
    PYTEST_ASYNCIO = "pytest-asyncio"
    EVENFLOW = "evenflow"
    NOBODY = "nobody"
    """It is no asynchronous test, or somebody runs it whom we do not know."""


class Asynchronous:
    """Gives our fixtures to whoever runs the test, and runs what nobody else does."""

    def __init__(self, config: pytest.Config) -> None:
        self._has_pytest_asyncio = config.pluginmanager.has_plugin("asyncio")
        self._loop = LoopOfTheRun()
        self._item: pytest.Item | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Notes which test the fixtures of any scope are made for."""
        self._item = item
        try:
            return (yield)
        finally:
            self._item = None
            self._loop.end_of_test()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Puts the function into the fixture's place that its test's runner can call."""
        function = self._for_runner(fixturedef, request)
        if function is None:
            return (yield)
        fixture: Any = fixturedef
        before, fixture.func = fixture.func, function
        try:
            return (yield)
        finally:
            fixture.func = before

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Runs an asynchronous test that is nobody else's."""
        if self._runner_of(pyfuncitem) is not Runner.EVENFLOW:
            return (yield)
        # What Hypothesis calls again and again is inside of its own, synchronous function.
        holder, name = (
            (pyfuncitem, "obj") if not _by_hypothesis(pyfuncitem) else (_hypothesis(pyfuncitem), "inner_test")
        )
        test = getattr(holder, name)

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            self._loop.run(test(*args, **kwargs))

        setattr(holder, name, run)
        try:
            return (yield)
        finally:
            setattr(holder, name, test)

    def pytest_unconfigure(self) -> None:
        """Ends the loop."""
        self._loop.close()

    def _for_runner(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Callable[..., Any] | None:
        made_by: str | None = getattr(fixturedef.func, _MADE_BY, None)
        runner = self._runner_of(self._item)
        if made_by is None:
            if runner is Runner.EVENFLOW and _is_asynchronous(fixturedef.func):
                return self._in_our_loop(_bound(fixturedef.func, request), fixturedef.scope)
            return None
        if fixturedef.argname in _NEEDS_DB_FIRST and "db" in request.fixturenames:
            request.getfixturevalue("db")  # before the app's lifespan connects it
        module, _, name = made_by.partition(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        match runner:
            case Runner.EVENFLOW:
                return self._in_our_loop(function, fixturedef.scope)
            case Runner.PYTEST_ASYNCIO:
                return self._for_pytest_asyncio(function)
            case Runner.ANYIO:
                if "trio" in str(request.getfixturevalue("anyio_backend")):
                    pytest.skip(f"{fixturedef.argname} is asyncio's; this test runs on trio")
                return function
        return pytest.fail(
            f"The fixture {fixturedef.argname!r} is for `async def` tests run by asyncio: write "
            f"`async def {getattr(self._item, 'originalname', None) or 'test_it'}(…)` and await what it does.",
            pytrace=False,
        )

    def _runner_of(self, item: pytest.Item | None) -> Runner:
        if not isinstance(item, pytest.Function):
            return Runner.NOBODY
        if not inspect.iscoroutinefunction(item.obj) and not _by_hypothesis(item):
            return Runner.NOBODY
        if "anyio_backend" in item.fixturenames:
            return Runner.ANYIO
        if self._has_pytest_asyncio and item.get_closest_marker("asyncio"):
            return Runner.PYTEST_ASYNCIO
        # Another class of item is another plugin's, or unittest's.
        theirs = type(item) is not pytest.Function or any(map(item.get_closest_marker, _MARKS_OF_OTHERS))
        return Runner.NOBODY if theirs else Runner.EVENFLOW

    def _in_our_loop(self, function: Callable[..., Any], scope: str) -> Callable[..., Any]:
        wide = scope != "function"

        def fixture(**arguments: Any) -> Generator[Any, None, None]:
            with self._loop.holding(function, arguments, wide=wide) as value:
                yield value

        return fixture

    def _for_pytest_asyncio(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import pytest_asyncio

        assert self._item is not None
        mark = self._item.get_closest_marker("asyncio")
        scope = mark.kwargs.get("loop_scope") or mark.kwargs.get("scope") if mark else None
        scope = scope or self._item.config.getini("asyncio_default_test_loop_scope")

        async def fixture(**arguments: Any) -> Any:
            async for value in function(**arguments):
                yield value

        # Its own decorator tells it to run the function, and in which loop: the test's.
        pytest_asyncio.fixture(fixture, loop_scope=scope)
        return fixture


def _is_asynchronous(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _hypothesis(item: pytest.Function) -> Any:
    return getattr(item.obj, "hypothesis", None)


def _by_hypothesis(item: pytest.Function) -> bool:
    return inspect.iscoroutinefunction(getattr(_hypothesis(item), "inner_test", None))


def _bound(function: Callable[..., Any], request: pytest.FixtureRequest) -> Callable[..., Any]:
    """A fixture written in the test's class gets the instance that the test is run with."""
    owner = getattr(function, "__self__", None)
    if request.instance is not None and owner is not None and type(owner) is type(request.instance):
        bound: Callable[..., Any] = function.__func__.__get__(request.instance)  # type: ignore[attr-defined] # a method
        return bound
    return function
