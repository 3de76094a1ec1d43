"""The part of the plugin for pytest that makes a test fail when the app under test blocks the event loop.

Nothing is raised inside the app, which might swallow it: what is found makes the test fail at its end. With
`--evenflow-blocking=strict` it is raised at the call, too.

What a test or fixture does itself to set something up (files, processes, databases, computing) does not count; that it
sleeps, or waits for a thread or another server, does, because the app stands still meanwhile.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evenflow.guard.steps import Collected, Hit

MODES = ("fail", "warn", "strict", "off")
_TITLE = "evenflow: may block the event loop"
_SHOWN = 5
_SET_UP_METHODS = ("setUp", "tearDown", "asyncSetUp", "asyncTearDown", "setUpClass", "tearDownClass")


def add_options(parser: pytest.Parser) -> None:
    """Declares the options."""
    group = parser.getgroup("evenflow", "Evenflow")
    group.addoption(
        "--evenflow-blocking",
        choices=MODES,
        default=None,
        help="What blocks the event loop: fail (default) fails the test at its end, warn lists it after the run, "
        "strict raises at the call, off does not look.",
    )
    parser.addini("evenflow_blocking", "the same as --evenflow-blocking", default="fail")
    parser.addini(
        "evenflow_blocking_allow",
        "what may block, one a line: a function (app.legacy.*) or a file (*/vendored/*.py), or only one call of "
        "it (app.reports.load: open)",
        type="linelist",
        default=[],
    )
    parser.addini(
        "evenflow_blocking_cpu_ms",
        "milliseconds of computing in one step of the event loop that are too many",
        default="10",
    )


class Blocking:
    """Watches the event loops of this process while tests run."""

    def __init__(self, config: pytest.Config) -> None:
        """Raises pytest.UsageError for an option that makes no sense."""
        config.addinivalue_line("markers", "blocking_ok(reason): this test may block the event loop")
        self._mode: str = config.getoption("evenflow_blocking") or str(config.getini("evenflow_blocking"))
        if self._mode not in MODES:
            raise pytest.UsageError(f"evenflow_blocking is {self._mode!r}; it can be {', '.join(MODES)}.")
        try:
            self._cpu_limit = float(config.getini("evenflow_blocking_cpu_ms")) / 1000
        except ValueError as error:
            raise pytest.UsageError("evenflow_blocking_cpu_ms is not a number of milliseconds.") from error
        self._allow: list[str] = config.getini("evenflow_blocking_allow")
        self._config = config
        self._own: set[CodeType] = set()
        self._collected: Collected | None = None
        self._told = 0
        self._advice: dict[str, None] = {}
        if self._mode != "off":
            from evenflow.guard import steps

            steps.start()

    def pytest_unconfigure(self) -> None:
        """Leaves the process as it was."""
        if self._mode != "off":
            from evenflow.guard import steps

            steps.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Collects from a test's first fixture to its last."""
        if self._mode == "off" or item.get_closest_marker("blocking_ok") is not None:
            return (yield)
        from evenflow.guard import steps

        self._own.update(_codes_of(item))
        with steps.collect(
            own=self._own, allow=self._allow, strict=self._mode == "strict", cpu_limit=self._cpu_limit
        ) as self._collected:
            self._told = 0
            try:
                return (yield)
            finally:
                self._collected = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """Learns which functions are fixtures, before another plugin puts one of its own in their place."""
        self._own.update(_code_of(fixturedef.func))
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fails a test that went well otherwise."""
        return (yield from self._checked(item, "call"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """The same, of what its fixtures did at their end."""
        return (yield from self._checked(item, "teardown"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes the advice out of reports, which come from other processes with pytest-xdist."""
        for title, text in report.sections:
            if _TITLE in title:  # pytest puts words around it
                self._advice.update(dict.fromkeys(text.splitlines()))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says the advice after the run, each line once."""
        if self._advice:
            terminalreporter.section(_TITLE)
            for line in sorted(self._advice):
                terminalreporter.line(line)

    def _checked(self, item: pytest.Item, when: str) -> Generator[None, object, object]:
        try:
            result = yield
        except BaseException:
            found = self._new_failures()
            if found:
                item.add_report_section(when, "evenflow", _text(found, self._color()))
            raise
        found = self._new_failures()
        if found and self._mode == "warn":
            item.add_report_section(when, _TITLE, _lines(found))
        if self._collected is not None and self._collected.advice and when == "call":
            item.add_report_section(when, _TITLE, _lines(self._collected.advice))
        if found and self._mode != "warn":
            pytest.fail(_text(found, self._color()), pytrace=False)
        return result

    def _color(self) -> bool:
        # With pytest-xdist the processes that run tests have no terminal.
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        return reporter is not None and bool(reporter.hasmarkup)

    def _new_failures(self) -> list[Hit]:
        if self._collected is None:
            return []
        found = self._collected.failures
        new, self._told = found[self._told :], len(found)
        for hit in new:
            hit.find_route()
        return new


class _NoBlocking(AbstractContextManager["_NoBlocking"]):
    def __init__(self, cpu_limit: float) -> None:
        from evenflow.guard import steps

        self._collecting = steps.collect(own_count=True, cpu_limit=cpu_limit)
        self._collected: Collected | None = None

    def __enter__(self) -> _NoBlocking:
        from evenflow.guard import steps

        self._collected = self._collecting.__enter__()
        steps.begin_here()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from evenflow.guard import steps

        steps.end_here()
        self._collecting.__exit__(kind, error, traceback)
        if error is None and self._collected is not None and self._collected.failures:
            raise AssertionError(_text(self._collected.failures, color=False))

    async def __aenter__(self) -> _NoBlocking:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


def assert_no_blocking(*, cpu_limit: float = 0.010) -> _NoBlocking:
    """A block, `with` or `async with`, in which nothing may block an event loop of this process.

    What the block does itself counts, too. `cpu_limit` is in seconds of computing in one step of the loop. Raises
    AssertionError at its end, with a line of the program and what to write instead.
    """
    return _NoBlocking(cpu_limit)


def _codes_of(item: pytest.Item) -> Iterable[CodeType]:
    yield from _code_of(getattr(item, "function", None) or getattr(item, "obj", None))
    owner = getattr(item, "cls", None)
    for name in _SET_UP_METHODS if owner is not None else ():
        yield from _code_of(getattr(owner, name, None))


def _code_of(function: Any) -> Iterable[CodeType]:
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is not None:
        yield code


def _text(hits: list[Hit], color: bool) -> str:
    from evenflow.guard import message

    shown = [message.text(hit.finding, milliseconds=hit.milliseconds, color=color) for hit in hits[:_SHOWN]]
    if len(hits) > _SHOWN:
        shown.append(f"... and {len(hits) - _SHOWN} more.")
    return "\n\n".join(shown)


def _lines(hits: list[Hit]) -> str:
    return "\n".join(
        f"{os.path.relpath(hit.finding.file)}:{hit.finding.line}: {hit.finding.call}: {hit.finding.fix}" for hit in hits
    )
