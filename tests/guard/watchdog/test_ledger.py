"""What was found is kept by cause, bounded, told once a minute, and written to a file that does not grow for ever."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from evenflow.guard.finding import Finding, Hop
from evenflow.guard.watchdog import ledger as ledgers
from evenflow.guard.watchdog.ledger import Ledger


def finding(line: int = 1) -> Finding:
    return Finding(
        route="GET /",
        file="/srv/main.py",
        line=line,
        call="time.sleep",
        kind="waits",
        chain=(Hop("/srv/main.py", line, "read"),),
        fix="await asyncio.sleep(...)",
    )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    return Ledger(clock=clock)


def test_incidents_of_one_cause_are_added_up(ledger: Ledger) -> None:
    ledger.ended(1, finding(), 0.1)
    ledger.ended(2, finding(), 0.3)

    found = ledger.statistics()
    assert found.incidents == 2
    assert found.blocked_seconds == pytest.approx(0.4)
    [incident] = found.worst
    assert (incident.count, incident.milliseconds, incident.longest) == (2, pytest.approx(400), pytest.approx(300))


def test_a_block_that_goes_on_is_counted_once(ledger: Ledger) -> None:
    ledger.going_on(1, finding(), 0.1)
    ledger.going_on(1, finding(), 0.2)
    during = ledger.statistics()
    ledger.ended(1, finding(), 0.3)
    after = ledger.statistics()

    assert (during.incidents, during.blocked_seconds) == (1, pytest.approx(0.2))
    assert (after.incidents, after.blocked_seconds) == (1, pytest.approx(0.3))


def test_a_cause_has_one_line_a_minute(ledger: Ledger, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(5):
        ledger.ended(number, finding(), 0.1)
    ledger.ended(9, finding(2), 0.1)
    first = len(caplog.records)
    clock.now += 61
    ledger.ended(10, finding(), 0.1)

    assert first == 2
    assert len(caplog.records) == 3
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_long_block_has_a_line_when_it_is_over(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    ledger.going_on(1, finding(), 0.06)
    ledger.ended(1, finding(), 5.0)

    assert len(caplog.records) == 2
    assert "5.0 s" in caplog.records[1].getMessage()


def test_a_short_block_has_one_line(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    ledger.going_on(1, finding(), 0.06)
    ledger.ended(1, finding(), 0.2)

    assert len(caplog.records) == 1


def test_causes_are_bounded(ledger: Ledger) -> None:
    for number in range(1000):
        ledger.ended(number, finding(number), 0.1)

    assert len(ledger._causes) <= 200
    assert ledger.statistics().incidents == 1000
    assert len(ledger.statistics().worst) == 10


def test_a_line_of_the_file_has_the_keys_of_a_finding_and_the_time(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "guard.jsonl"
    ledger.file = str(file)
    ledger.ended(1, finding(), 0.1)
    ledger.ended(2, finding(), 0.1)

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["count"] for line in lines] == [1, 2]
    assert lines[0] == finding().as_json() | {"ms": 100.0, "count": 1}


def test_the_file_is_put_aside_when_it_is_full(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "_MOST_BYTES", 1000)
    file = tmp_path / "guard.jsonl"
    ledger.file = str(file)
    for number in range(50):
        ledger.ended(number, finding(), 0.1)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["guard.jsonl", "guard.jsonl.1"]
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 3000


def test_a_file_that_cannot_be_written_is_told_of_once(
    ledger: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.file = str(tmp_path / "missing" / "guard.jsonl")
    ledger.ended(1, finding(), 0.1)
    ledger.ended(2, finding(), 0.1)

    assert sum("cannot be written" in record.getMessage() for record in caplog.records) == 1
    assert ledger.statistics().incidents == 2


def test_reasons_that_are_no_lines_fault_are_no_incidents(ledger: Ledger) -> None:
    ledger.other("starved", 0.5)

    assert ledger.statistics().incidents == 0
    assert ledger.statistics().starved_seconds == 0.5
