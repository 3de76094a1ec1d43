"""The words in which a finding is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from evenflow.guard.finding import Finding, Hop
from evenflow.guard.message import text

SOURCE = """\
async def read_report():
    return build()


def build():
    return requests.get("http://127.0.0.1", timeout=5)
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.py"
    path.write_text(SOURCE)
    return str(path)


def finding(file: str, **changed: Any) -> Finding:
    values: dict[str, Any] = {
        "route": "GET /reports/{id}",
        "file": file,
        "line": 6,
        "call": "requests.get",
        "kind": "waits",
        "chain": (Hop(file, 2, "read_report"), Hop(file, 6, "build")),
        "fix": "await client.get(...) of one httpx.AsyncClient",
    }
    return Finding(**values | changed)


def test_it_tells_route_time_call_way_source_and_what_to_write_instead(file: str) -> None:
    assert text(finding(file), milliseconds=312.4) == (
        "GET /reports/{id} blocked the event loop for 312 ms: requests.get waits\n"
        "  │ shop.py:2  read_report  return build()\n"
        '  └ shop.py:6  build        return requests.get("http://127.0.0.1", timeout=5)\n'
        "  instead: await client.get(...) of one httpx.AsyncClient\n"
        "  where it may: # evenflow: blocking-ok <reason>"
    )


def test_what_was_not_measured_is_told_without_a_time(file: str) -> None:
    assert text(finding(file)).startswith("GET /reports/{id} blocks the event loop: requests.get waits\n")


def test_several_times_are_told_together(file: str) -> None:
    assert "blocked the event loop 12 times, for 3,745 ms in all:" in text(finding(file), milliseconds=3745.2, count=12)


def test_what_is_in_no_route_is_told_as_that(file: str) -> None:
    assert text(finding(file, route=None)).startswith("Something outside of any route blocks")


def test_without_a_way_the_line_alone_is_shown(file: str) -> None:
    assert "  └ shop.py:6" in text(finding(file, chain=()))


def test_a_file_elsewhere_is_shown_with_its_whole_path(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert f"{file.lstrip('/')}:6" in text(finding(file))


def test_long_source_is_cut_to_the_width(file: str) -> None:
    lines = text(finding(file), width=60).splitlines()

    assert lines[2].endswith("…")
    assert len(lines[2]) == 60


def test_a_source_that_is_gone_leaves_the_place(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.py")

    assert "gone.py:6" in text(finding(gone))


def test_color_changes_nothing_but_the_looks(file: str) -> None:
    colored = text(finding(file), color=True)

    assert "\x1b[1;31mrequests.get\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == text(finding(file))


def test_every_line_without_color_is_free_of_escapes(file: str) -> None:
    assert "\x1b" not in text(finding(file), milliseconds=1, count=2)
