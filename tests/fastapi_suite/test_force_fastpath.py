"""`-p evenflow.testing.force_fastpath`, in a pytest of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fastapi_suite.suite import HERE, ROOT

TESTS = """
import subprocess, sys, warnings
import pytest
from fastapi import FastAPI
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

def asked(kind, path="/"):
    app = kind()
    app.get("/")(lambda: 1)
    return TestClient(app).get(path).status_code

class Own(FastAPI):
    def __init__(self):
        super().__init__(title="own")

@pytest.mark.parametrize("kind", [FastAPI, Own])
def test_kinds(kind):
    assert asked(kind) == 200

def test_docs():
    assert asked(FastAPI, "/docs") == 200

def test_mounted():
    inner, outer = FastAPI(), FastAPI()
    inner.get("/")(lambda: 1)
    outer.mount("/inner", inner)
    assert TestClient(outer).get("/inner/").json() == 1

def test_child():
    program = "import test_apps; assert test_apps.asked(test_apps.FastAPI) == 200"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)

def test_fails():
    assert not asked(FastAPI)
"""


@pytest.fixture
def forced(tmp_path: Path) -> Any:
    """Runs TESTS with the plugin; gives what it printed last, and its report."""

    def run(*options: str) -> tuple[str, dict[str, Any]]:
        (tmp_path / "test_apps.py").write_text(TESTS)
        plugin = ["-p", "evenflow.testing.force_fastpath", "--fastpath-report=report.json"]
        path = os.pathsep.join([str(HERE / "children"), str(ROOT / "src"), str(tmp_path)])
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *plugin, *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert (tmp_path / "report.json").exists(), done.stdout + done.stderr
        return done.stdout.splitlines()[-1], json.loads((tmp_path / "report.json").read_text())

    return run


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "workers"])
def test_every_request_of_a_run_is_counted_wherever_it_is_made(forced: Any, workers: list[str]) -> None:
    line, report = forced(*workers)

    assert report["passed"] == 5
    assert report["failed"] == ["test_apps.py::test_fails"]
    # Both kinds, the docs, the mount and the app in it, the child's, and the one of the test that fails.
    assert report["tally"]["requests"] == 7
    assert report["tally"]["compiled"] == 5
    assert report["tally"]["routed"] == {"a Route of Starlette's": 1, "a Mount of Starlette's": 1}
    assert line.startswith(
        "fast path (auto): 7 HTTP requests: 5 compiled (71.4 % of all, 100.0 % of the kinds covered)"
    )


@pytest.mark.slow
def test_off_forces_nothing_and_counts(forced: Any) -> None:
    line, report = forced("--fastpath=off")

    assert report["tally"]["requests"] == 7
    assert ": 7 HTTP requests: 0 compiled" in line
    assert line.endswith("7 never came to it")


@pytest.mark.slow
def test_inner_puts_a_middleware_into_every_app(forced: Any, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest, test_apps\n"
        "@pytest.fixture(autouse=True)\n"
        "def middleware():\n"
        "    assert [each.cls.__name__ for each in test_apps.FastAPI().user_middleware] == ['Passing']\n"
    )
    _, report = forced("--fastpath=inner")

    assert report["passed"] == 5
    assert report["tally"]["compiled"] == 5
