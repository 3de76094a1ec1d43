"""encode/databases' own tests, run against Evenflow under the name `databases`."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from evenflow import DatabaseURL
from tests.contracts.databases_suite import EXCEPTIONS, ON_SERVERS, excepted, suite
from tests.database_servers import mysql_database, postgres_database

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


_WITHOUT = ["-p", "no:cacheprovider", "-p", "no:evenflow"]
"""Plugins that the suite has not been made for."""
PASSING = {
    "sqlite": 81,
    "sqlite+aiosqlite": 81,
    "postgresql": 83,
    "postgresql+asyncpg": 83,
    "mysql": 80,
    "mysql+asyncmy": 80,
    "mysql+aiomysql": 80,
}
"""How many of its 97 tests pass with each scheme; the others are skipped, by itself or by our list."""


@pytest.fixture(scope="module", params=PASSING)
def suite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    scheme: str = request.param
    if scheme.startswith("sqlite"):
        yield f"{scheme}:///suite.db"
        return
    make = postgres_database if scheme.startswith("postgresql") else mysql_database
    with make(f"evenflow_suite_{uuid4().hex[:8]}") as url:
        yield str(DatabaseURL(url).replace(driver=scheme.partition("+")[2]))


@pytest.fixture(scope="module")
def outcomes(suite_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "tests").symlink_to(suite() / "tests")
    (folder / "conftest.py").write_text(_CONFTEST)
    environment = {
        **os.environ,
        "TEST_DATABASE_URLS": suite_url,
        "PYTHONPATH": os.pathsep.join([str(HERE / "as_databases"), str(ROOT / "src"), str(folder)]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *_WITHOUT, "--junit-xml=report.xml", "tests"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    report = folder / "report.xml"
    assert report.exists(), done.stdout + done.stderr
    found = {}
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}.py::{case.get('name')}"
        kinds = {child.tag for child in case}
        found[name] = next((kind for kind in ("failure", "error", "skipped") if kind in kinds), "passed")
        if found[name] in ("failure", "error"):
            found[name] += "\n" + "".join(child.text or "" for child in case)[-3000:]
    return found


# Skips what is excepted, but only by the list.
_CONFTEST = """
import databases, evenflow
assert issubclass(databases.Database, evenflow.Database)
import pytest
def pytest_collection_modifyitems(items):
    import importlib.util
    spec = importlib.util.spec_from_file_location("databases_suite", {listing!r})
    listing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(listing)
    for item in items:
        reason = listing.excepted(item.nodeid)
        if reason:
            item.add_marker(pytest.mark.skip(reason="excepted: " + reason))
""".format(listing=str(HERE / "databases_suite.py"))


@pytest.mark.slow
def test_every_test_passes_but_those_listed_with_a_reason(outcomes: dict[str, str]) -> None:
    failed = {name: outcome for name, outcome in outcomes.items() if outcome not in ("passed", "skipped")}

    assert not failed, "\n\n".join(f"{name}: {outcome}" for name, outcome in failed.items())


@pytest.mark.slow
def test_no_fewer_tests_pass_than_when_this_was_written(outcomes: dict[str, str], suite_url: str) -> None:
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    assert passed >= PASSING[suite_url.partition(":")[0]], [name for name in outcomes if outcomes[name] != "passed"]


def test_each_exception_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in {**EXCEPTIONS, **ON_SERVERS}.values())
    assert excepted("tests/test_databases.py::test_queries_after_error[sqlite:///suite.db-Exception]")
    assert excepted("tests/test_databases.py::test_queries[sqlite:///suite.db]") is None
