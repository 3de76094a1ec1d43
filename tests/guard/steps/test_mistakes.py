from __future__ import annotations

import asyncio
import gc
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from evenflow.guard import steps
from evenflow.guard.steps import Hit
from tests.guard.steps import mistakes
from tests.guard.steps.conftest import LOOPS, ask, found

MARKED = {
    number: mark[1]
    for number, line in enumerate(Path(mistakes.__file__).read_text().splitlines(), 1)
    if (mark := re.search(r"# blocks: (\S+)", line))
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("name", mistakes.mistakes)
def test_a_mistake_is_found_at_its_line(name: str, loop: str) -> None:
    [hit] = found(ask(f"/{name}/5"), loop)

    assert hit.fails
    assert hit.finding.file == mistakes.__file__
    assert fnmatchcase(hit.finding.call, MARKED[hit.finding.line])


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("name", mistakes.clean)
def test_what_is_clean_is_no_mistake(name: str, loop: str) -> None:
    assert [hit.finding for hit in found(ask(f"/{name}/5"), loop) if hit.fails] == []


def test_the_route_is_named_without_its_values() -> None:
    [hit] = found(ask("/sleeps/5"))

    assert hit.finding.route == "GET /sleeps/{number}"


def test_the_chain_leads_from_the_route_to_the_call() -> None:
    [hit] = found(ask("/reads_a_file_in_a_property/5"))

    assert [hop.name for hop in hit.finding.chain] == ["reads_a_file_in_a_property", "Settings.text"]


def test_a_task_is_named_where_there_is_no_request() -> None:
    [hit] = found(mistakes.is_blocked_in_a_task())

    assert hit.finding.route == "task sleeps"


@pytest.mark.parametrize("loop", LOOPS)
def test_a_task_that_a_route_made_has_the_routes_name(loop: str) -> None:
    [hit] = found(ask("/is_blocked_in_a_task/5"), loop)

    assert hit.finding.route == "GET /is_blocked_in_a_task/{number}"


def test_the_time_that_the_loop_stood_still_is_told() -> None:
    [hit] = found(ask("/sleeps_by_another_name/5"))

    assert hit.milliseconds is not None
    assert 5 < hit.milliseconds < 1000


def test_an_import_in_a_route_is_advice() -> None:
    import sys

    sys.modules.pop("xml.dom.expatbuilder", None)
    [hit] = found(ask("/imports_late/5"))

    assert not hit.fails
    assert hit.finding.call == "import"


def test_collecting_garbage_is_not_the_lines_doing() -> None:
    async def only_the_second_step() -> list[Hit]:
        heap = [[number] for number in range(500_000)]
        await asyncio.sleep(0)
        with steps.collect() as collected:
            gc.collect()
            await asyncio.sleep(0)
        heap.clear()
        return collected.hits

    assert asyncio.run(only_the_second_step()) == []


def test_a_line_is_told_once_however_often_it_runs() -> None:
    async def often() -> None:
        for _ in range(100):
            await mistakes.sleeps()

    assert len(found(often())) == 1
