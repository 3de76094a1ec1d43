"""The plugin for pytest on the bed of mistakes, with data as small as in unit tests."""

from __future__ import annotations

import pytest

from tests.guard.bed.in_tests import told_in_tests
from tests.guard.bed.index import mistakes
from tests.guard.bed.judging import Told, noticed
from tests.guard.bed.world import world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Told]]:
    folder = tmp_path_factory.mktemp("depot")
    with world(folder / "world") as environment:
        return told_in_tests("small", environment, folder)


def test_most_mistakes_fail_their_test_on_small_data(told: dict[str, list[Told]]) -> None:
    asked = [mistake for mistake in mistakes() if f"m/{mistake.name}" in told]
    missed = [mistake.name for mistake in asked if noticed(mistake, told[f"m/{mistake.name}"]) != "line"]

    assert len(asked) > 40
    assert len(missed) <= len(asked) * 0.2, missed


def test_no_clean_route_fails_its_test(told: dict[str, list[Told]]) -> None:
    assert {name: places for name, places in told.items() if name.startswith("c/") and places} == {}
