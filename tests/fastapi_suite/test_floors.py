"""What `scripts/fastapi-suite` compares a run with. The run itself takes minutes and is one of `scripts/test-all`'s."""

from __future__ import annotations

import re
from dataclasses import asdict, replace

import pytest

from evenflow.testing.tally import NOT_COVERED, Tally
from tests.fastapi_suite import floors
from tests.fastapi_suite.suite import ROOT, Outcome

FLOOR = floors.Floor(passed=10, compiled=60, compiled_of_covered=80)
TALLY = Tally(requests=100, compiled=64, replayed=1, routed={"a Route of Starlette's": 20, "the endpoint streams": 15})
HELD = Outcome(passed=10, failed=[], tally=asdict(TALLY))


def test_a_run_that_reaches_the_floor_holds() -> None:
    assert FLOOR.not_held(HELD) == []


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (replace(HELD, failed=["tests/test_x.py::test_y"]), "failed: tests/test_x.py::test_y"),
        (replace(HELD, passed=9), "only 9 tests passed; there have been 10"),
        (replace(HELD, tally=asdict(Tally(100, 59, routed={"no route has this path": 41}))), "only 59.0 % of all"),
        (replace(HELD, tally=asdict(Tally(100, 79, 21))), "only 79.0 % of the requests to kinds covered"),
    ],
)
def test_what_a_run_does_not_reach_is_said(outcome: Outcome, sentence: str) -> None:
    (told,) = FLOOR.not_held(outcome)

    assert told.startswith(sentence)


def test_a_listed_test_that_passes_again_has_to_leave_the_list() -> None:
    listed = replace(FLOOR, failing=("tests/test_x.py::test_y",))

    assert listed.not_held(replace(HELD, failed=["tests/test_x.py::test_y"])) == []
    assert listed.not_held(HELD) == ["passes now, take it off the list: tests/test_x.py::test_y"]


def test_a_fast_path_that_steps_aside_everywhere_does_not_pass() -> None:
    aside = replace(HELD, tally=asdict(Tally(requests=100, stock={"unknown version": 100})))

    assert len(FLOOR.not_held(aside)) == 2


def test_no_test_of_fastapis_is_allowed_to_fail() -> None:
    recorded = floors.read()

    assert recorded
    for modes in recorded.values():
        assert set(modes) == {"auto", "inner"}
        assert all(floor.failing == () for floor in modes.values())


def test_every_floor_is_what_was_promised_at_least() -> None:
    for modes in floors.read().values():
        assert all(floor.compiled >= 60 and floor.compiled_of_covered >= 85 for floor in modes.values())


def test_the_reasons_left_out_of_the_share_are_reasons_that_the_fast_path_gives() -> None:
    sources = (ROOT / "src" / "evenflow" / "fastpath").rglob("*.py")
    written = re.sub(r'["\']\s*\n\s*f?["\']', "", "".join(file.read_text() for file in sources))

    assert [part for part in NOT_COVERED if part not in written] == []
