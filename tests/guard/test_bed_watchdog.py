"""The watchdog on the bed of mistakes, in a server that has 60 other requests to serve all the time."""

from __future__ import annotations

import pytest

from tests.guard.bed.index import mistakes, thieves
from tests.guard.bed.judging import noticed, right_route
from tests.guard.bed.world import world
from tests.guard.table.asking import Said, of_watchdog

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
BUSY = 0.15
"""The share that may be missed where the machine has other things to do: then the thread that looks is late, or another
one gets the interpreter first. `docs/guard-table.md` has what is found."""
STARTS_A_PROCESS = "c/async-subprocess"
"""Starting one stops the loop until its program is loaded. Where the machine is busy that takes long; it is true."""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    with world(tmp_path_factory.mktemp("depot") / "world") as environment:
        return of_watchdog("big", environment, in_flight=60)


def test_the_mistakes_are_noticed(said: Said) -> None:
    missed = [mistake.name for mistake in mistakes() if said.get(f"m/{mistake.name}") == []]

    assert len(said) > 60
    assert len(missed) <= len(said) * BUSY, missed


def test_they_have_the_right_line(said: Said) -> None:
    asked = [mistake for mistake in mistakes() if f"m/{mistake.name}" in said]
    wrong = [mistake.name for mistake in asked if noticed(mistake, said[f"m/{mistake.name}"]) != "line"]

    assert len(wrong) <= len(asked) * BUSY, wrong


def test_none_has_another_route(said: Said) -> None:
    wrong = [
        (mistake.name, told.route)
        for mistake in mistakes()
        for told in said.get(f"m/{mistake.name}", [])
        if not right_route(mistake, told)
    ]

    assert wrong == []


def test_threads_that_hold_the_interpreter_are_blamed_on_their_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    with world(tmp_path_factory.mktemp("depot") / "world") as environment:
        said = of_watchdog("big", environment, routes=thieves())
    missed = [thief.name for thief in thieves() if noticed(thief, said[f"m/{thief.name}"]) != "line"]

    # It is the first thread to wake that sees them; where another one is first, nobody is blamed.
    assert len(missed) <= 5, missed


def test_no_clean_route_is_accused(said: Said) -> None:
    accused = {name: told for name, told in said.items() if name.startswith("c/") and told}

    assert set(accused) <= {STARTS_A_PROCESS}, accused
