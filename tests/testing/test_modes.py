"""`--evenflow=stock|compiled|both`: the same tests with FastAPI alone, and with the fast path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.projects import run

WHO_CALLS = """
    import sys
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def who():
        return sys._getframe(1).f_code.co_filename.rpartition("/")[2].startswith("<evenflow fastpath")
"""
ASKS = """
    import pytest

    async def test_main(client):
        print("compiled" if (await client.get("/")).json() else "stock", end=" ")

    def test_without(): ...
"""


@pytest.mark.slow
def test_both_runs_a_test_stock_and_compiled(tmp_path: Path) -> None:
    done = run(tmp_path, {"main.py": WHO_CALLS, "test_main.py": ASKS}, "--evenflow=both", "-s")

    assert done.outcomes == {"test_main[stock]": "passed", "test_main[compiled]": "passed", "test_without": "passed"}, (
        done.output
    )
    assert "stock .compiled ." in done.output


@pytest.mark.slow
def test_both_doubles_the_tests_of_a_client_of_the_projects_own(tmp_path: Path) -> None:
    conftest = """
        import pytest, warnings
        from main import app
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from fastapi.testclient import TestClient

        @pytest.fixture
        def client():
            with TestClient(app) as client:
                yield client
    """
    tests = """
        import pytest

        @pytest.mark.parametrize("turn", [1, 2])
        def test_main(client, turn, request):
            compiled = "compiled" in request.node.name
            assert client.get("/").json() is compiled
    """
    files = {"main.py": WHO_CALLS, "conftest.py": conftest, "test_main.py": tests}
    done = run(tmp_path, files, "--evenflow=both")

    assert list(done.outcomes.values()) == ["passed"] * 4, done.output


@pytest.mark.slow
@pytest.mark.parametrize("attached", ["", "from evenflow import Evenflow\nEvenflow(app)\n"])
@pytest.mark.parametrize("mode", ["stock", "compiled"])
def test_all_tests_can_run_in_one_mode(tmp_path: Path, mode: str, attached: str) -> None:
    # The conftest imports the app before pytest has read its options.
    files = {"main.py": WHO_CALLS, "test_main.py": ASKS, "conftest.py": "import main"}
    (tmp_path / "attaching.py").write_text("from main import app\n" + attached)
    done = run(tmp_path, {**files, "conftest.py": "import attaching"}, f"--evenflow={mode}", "-s")

    assert done.outcomes == {"test_main": "passed", "test_without": "passed"}, done.output
    assert f"{mode} ." in done.output
