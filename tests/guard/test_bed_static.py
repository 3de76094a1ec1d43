"""The static check on the bed of mistakes. It imports nothing, so that nothing has to be installed or to run."""

from __future__ import annotations

import pytest

from tests.guard.bed.index import clean, mistakes
from tests.guard.bed.judging import Told, right_route
from tests.guard.table.reading import by_evenflow

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def findings() -> list[Told]:
    return by_evenflow()


@pytest.mark.parametrize("depth", range(6))
def test_four_of_five_mistakes_are_found_at_every_depth(findings: list[Told], depth: int) -> None:
    there = [mistake for mistake in mistakes() if mistake.depth == depth]
    missed = [
        mistake.name
        for mistake in there
        if not any((told.file, told.line) in mistake.lines and right_route(mistake, told) for told in findings)
    ]

    assert len(missed) <= len(there) * 0.2, missed


def test_no_clean_route_is_accused(findings: list[Told]) -> None:
    innocent = {route.route for route in clean()}

    assert [told for told in findings if told.route in innocent] == []
