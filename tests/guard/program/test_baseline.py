"""What a project already knows is not told again."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.errors import ConfigError
from evenflow.guard.program import Baseline
from tests.guard.program.programs import read

MAIN = """
    @app.get("/")
    async def route():
        time.sleep(1)
"""


def known(folder: Path, main: str) -> Baseline:
    file = folder / "known.json"
    Baseline.of(read(folder, main=main), folder).write(file)
    return Baseline.read(file)


def test_what_is_known_is_left_out(tmp_path: Path) -> None:
    assert known(tmp_path, MAIN).new(read(tmp_path, main=MAIN), tmp_path) == []


def test_a_line_that_has_moved_is_still_known(tmp_path: Path) -> None:
    baseline = known(tmp_path, MAIN)
    assert baseline.new(read(tmp_path, main="\n\n    # more\n\n" + MAIN), tmp_path) == []


def test_another_call_is_new(tmp_path: Path) -> None:
    baseline = known(tmp_path, MAIN)
    new = baseline.new(read(tmp_path, main=MAIN + "        requests.get('x')\n"), tmp_path)
    assert [each.call for each in new] == ["requests.get"]


def test_the_same_call_once_more_in_a_function_is_new(tmp_path: Path) -> None:
    baseline = known(tmp_path, MAIN)
    findings = read(tmp_path, main=MAIN + "        time.sleep(2)\n")
    assert [each.line for each in baseline.new(findings, tmp_path)] == [max(each.line for each in findings)]


def test_the_same_call_in_another_function_is_new(tmp_path: Path) -> None:
    baseline = known(tmp_path, MAIN)
    more = MAIN + "    @app.get('/more')\n    async def more(): time.sleep(1)\n"
    assert [each.route for each in baseline.new(read(tmp_path, main=more), tmp_path)] == ["GET /more"]


def test_a_known_line_is_known_for_every_route(tmp_path: Path) -> None:
    helper = "    def helper(): time.sleep(1)\n    @app.get('/')\n    async def route(): helper()\n"
    baseline = known(tmp_path, helper)
    more = helper + "    @app.get('/more')\n    async def more(): helper()\n"
    assert baseline.new(read(tmp_path, main=more), tmp_path) == []


def test_it_is_written_the_same_way_each_time(tmp_path: Path) -> None:
    known(tmp_path, MAIN)
    first = (tmp_path / "known.json").read_text()
    known(tmp_path, MAIN)
    assert (tmp_path / "known.json").read_text() == first


@pytest.mark.parametrize("text", ["", "[]", '{"blocking": [{"file": "x"}]}', '{"blocking": 3}'])
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "known.json").write_text(text)
    with pytest.raises(ConfigError, match=r"known\.json cannot be read"):
        Baseline.read(tmp_path / "known.json")
