"""A plugin for pytest: every FastAPI app that a test builds gets the fast path.

    pytest -p evenflow.testing.force_fastpath [--fastpath=auto|inner|off] [--fastpath-report=FILE]

At the end one line tells what became of the HTTP requests, of all of pytest-xdist's workers together. FILE gets
the same as JSON, beside the outcomes of the tests.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from evenflow.testing.tally import FOLDER, MODE, Tally

if TYPE_CHECKING:
    from evenflow.testing.forcing import Forcing


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options."""
    group = parser.getgroup("evenflow", "Evenflow's fast path")
    group.addoption(
        "--fastpath",
        choices=("auto", "inner", "off"),
        default="auto",
        help="auto: as the apps are. inner: with a middleware that does nothing in each. off: only count requests.",
    )
    group.addoption("--fastpath-report", type=Path, metavar="FILE", help="write tally and outcomes there, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Changes the classes in every process that runs tests; the one that reports also reads what all have written."""
    reports = not hasattr(config, "workerinput")
    if reports:
        config.pluginmanager.register(Reporting(config))
    if not reports or not config.getoption("numprocesses", None):
        config.pluginmanager.register(Running(config))


class Running:
    """Stands in each process that runs tests."""

    def __init__(self, config: pytest.Config) -> None:
        # Imported late: plugins whose asserts pytest rewrites (anyio's) have to be loaded before FastAPI is.
        from evenflow.testing.forcing import Forcing

        self._forcing: Forcing = Forcing(config.getoption("fastpath"))
        self._forcing.start()

    def pytest_sessionfinish(self) -> None:
        """Leaves the tally where the reporting process finds it."""
        self._forcing.tally().write()


class Reporting:
    """Stands in the one process that tells how it went."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._folder = TemporaryDirectory(prefix="evenflow-tallies-")
        self._outcomes: Counter[str] = Counter()
        self._failed: dict[str, None] = {}
        os.environ[FOLDER] = self._folder.name
        os.environ[MODE] = config.getoption("fastpath")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes how each test went."""
        if report.failed:
            self._failed[_name(report)] = None
        elif report.when == "call" or report.skipped:
            self._outcomes["xfailed" if hasattr(report, "wasxfail") else report.outcome] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be read has failed, too."""
        if report.failed:
            self._failed[_name(report)] = None

    def pytest_unconfigure(self) -> None:
        """Says the one line: it is the last of all, and needs every worker to be done."""
        total = Tally.of_all(Path(self._folder.name))
        self._folder.cleanup()
        line = f"fast path ({self._config.getoption('fastpath')}): {total.line()}"
        self._config.get_terminal_writer().line(line)
        self._report(total)

    def _report(self, total: Tally) -> None:
        file: Path | None = self._config.getoption("fastpath_report")
        if file is not None:
            told: dict[str, Any] = {**self._outcomes, "failed": list(self._failed), "tally": asdict(total)}
            file.write_text(json.dumps(told, indent=1))


def _name(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The name by which pytest can be asked for it. With workers it ends in the group of tests that share one."""
    group = re.search(r"@[^@\]]+$", report.nodeid)
    return report.nodeid.removesuffix(group[0]) if group else report.nodeid
