"""`evenflow check` tells which calls block, without importing the program for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.servers import EVENFLOW, environment

MAIN = """
from fastapi import FastAPI

from work import fetch

app = FastAPI()


@app.get("/users/{id}")
async def read_user(id: int):
    return fetch(id)


@app.get("/users")
async def users():
    return fetch(0)
"""

WORK = """
import time


def fetch(id):
    time.sleep(1)
"""

CLEAN = "def fetch(id):\n    return id\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "work.py").write_text(WORK)
    return tmp_path


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EVENFLOW, "check", *arguments],
        cwd=folder,
        env=environment({"COLUMNS": "200"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_way_to_the_call_is_shown_then_the_routes(folder: Path) -> None:
    done = check(folder, "main:app")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[:4] == [
        "time.sleep waits in the event loop: GET /users, GET /users/{id}",
        "│ main.py:16 users return fetch(0)",
        "└ work.py:6 fetch time.sleep(1)",
        "instead: await asyncio.sleep(...)",
    ]
    assert "2 of 2 routes are compiled." in lines


def test_it_exits_with_1_where_something_blocks(folder: Path) -> None:
    assert check(folder, "main:app").returncode == 1


def test_it_exits_with_0_where_nothing_does(folder: Path) -> None:
    (folder / "work.py").write_text(CLEAN)
    assert check(folder, "main:app", "--no-import").returncode == 0


def test_an_app_without_blocking_calls_shows_its_routes_alone(folder: Path) -> None:
    (folder / "work.py").write_text(CLEAN)
    assert check(folder, "main:app").stdout.startswith("main:app\n")


def test_what_blocks_is_told_although_the_app_cannot_be_imported(folder: Path) -> None:
    (folder / "main.py").write_text(MAIN + "\nraise RuntimeError('broken')\n")
    done = check(folder, "main:app")
    assert "time.sleep waits in the event loop" in done.stdout
    assert "RuntimeError: broken" in done.stderr


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_a_form_for_programs_imports_nothing(folder: Path, form: str) -> None:
    (folder / "work.py").write_text(WORK + "\nraise RuntimeError('imported')\n")
    done = check(folder, "main:app", "--format", form)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_folder_is_checked_without_importing_it(folder: Path) -> None:
    (folder / "work.py").write_text(WORK + "\nraise RuntimeError('imported')\n")
    done = check(folder, ".")
    assert done.returncode == 1
    assert done.stdout.startswith("time.sleep waits in the event loop")


def test_json_is_a_list_of_findings(folder: Path) -> None:
    found = json.loads(check(folder, "main:app", "--format", "json").stdout)
    assert found[1] == {
        "route": "GET /users/{id}",
        "file": "work.py",
        "line": 6,
        "call": "time.sleep",
        "class": "waits",
        "chain": [
            {"file": "main.py", "line": 11, "name": "read_user"},
            {"file": "work.py", "line": 6, "name": "fetch"},
        ],
        "fix": found[1]["fix"],
    }


def test_the_whole_as_json_has_the_findings_too(folder: Path) -> None:
    found = json.loads(check(folder, "main:app", "--json").stdout)
    assert [each["route"] for each in found["blocking"]] == ["GET /users", "GET /users/{id}"]


def test_github_notes_stand_at_the_line(folder: Path) -> None:
    [line] = check(folder, "main:app", "--format", "github").stdout.splitlines()
    assert line.startswith(
        "::warning file=work.py,line=6,title=time.sleep blocks the event loop::"
        "time.sleep blocks the event loop under GET /users, GET /users/{id}%0Amain.py:16 users%0Awork.py:6 fetch%0A"
    )


def test_sarif_has_a_rule_a_place_and_the_way(folder: Path) -> None:
    document: dict[str, Any] = json.loads(check(folder, "main:app", "--format", "sarif").stdout)
    [run] = document["runs"]
    [rule], [result] = run["tool"]["driver"]["rules"], run["results"]
    assert document["version"] == "2.1.0"
    assert result["ruleId"] == rule["id"] == "blocking/time.sleep"
    [place] = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "work.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 6},
    }
    [flow] = result["codeFlows"][0]["threadFlows"]
    steps = [each["location"]["physicalLocation"]["artifactLocation"]["uri"] for each in flow["locations"]]
    assert steps == ["main.py", "work.py"]


def test_what_the_baseline_knows_is_left_out(folder: Path) -> None:
    assert check(folder, "main:app", "--write-baseline", "--baseline", "known.json").returncode == 0
    done = check(folder, "main:app", "--no-import", "--baseline", "known.json")
    assert done.returncode == 0
    assert "2 findings of the baseline left out" in done.stdout


def test_the_baseline_and_more_calls_can_be_named_in_pyproject(folder: Path) -> None:
    (folder / "work.py").write_text("import ours\ndef fetch(id):\n    ours.wait()\n")
    (folder / "calls.toml").write_text('[[calls]]\nnames = ["ours.wait"]\nclass = "waits"\nfix = "ours.awaited"\n')
    settings = '[tool.evenflow.check]\ncatalogue = ["calls.toml"]\n'
    (folder / "pyproject.toml").write_text(settings)
    assert json.loads(check(folder, ".", "--format", "json").stdout)[0]["call"] == "ours.wait"
    (folder / "pyproject.toml").write_text(settings + 'baseline = "known.json"\n')
    check(folder, ".", "--write-baseline")
    assert check(folder, ".").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere", "--no-import"), "'nowhere' is neither module:attribute"),
        (("nowhere:app", "--format", "json"), "There is no module 'nowhere'"),
        (("main:app", "--baseline", "none.json"), "The baseline none.json cannot be read"),
        (("main:app", "--format", "xml"), "xml"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_exit_code_2(
    folder: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = check(folder, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_an_unknown_setting_is_a_sentence(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.evenflow.check]\nbase = 1\n")
    done = check(folder, ".")
    assert done.returncode == 2
    assert "has no setting 'base'" in done.stderr
