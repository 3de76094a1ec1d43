"""encode/databases' own tests, run against Evenflow under the name `databases`."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.contracts.databases_suite import EXCEPTIONS, excepted, suite

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module", params=["sqlite:///suite.db", "sqlite+aiosqlite:///suite.db"])
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "tests").symlink_to(suite() / "tests")
    (folder / "conftest.py").write_text(_CONFTEST)
    environment = {
        **os.environ,
        "TEST_DATABASE_URLS": request.param,
        "PYTHONPATH": os.pathsep.join([str(HERE / "as_databases"), str(ROOT / "src"), str(folder)]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml=report.xml", "tests"],
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
collect_ignore = ["tests/test_connection_options.py"]

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
def test_no_fewer_tests_pass_than_when_this_was_written(outcomes: dict[str, str]) -> None:
    assert sum(outcome == "passed" for outcome in outcomes.values()) >= 62


def test_each_exception_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())
    assert excepted("tests/test_databases.py::test_queries_after_error[sqlite:///suite.db-Exception]")
    assert excepted("tests/test_databases.py::test_queries[sqlite:///suite.db]") is None
