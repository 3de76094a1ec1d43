"""Who listens is told; who does not listen well disturbs nobody."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from evenflow import observe
from evenflow.observe import request

LENT = observe.ConnectionLent(database="sqlite:///app.db", waited=0.0)


def slow(statement: str, seconds: float = 2.0, route: str | None = None) -> observe.SlowQuery:
    return observe.SlowQuery(database="sqlite:///app.db", statement=statement, route=route, seconds=seconds)


def test_a_listener_is_called_until_it_unsubscribes() -> None:
    heard: list[observe.Event] = []
    unsubscribe = observe.subscribe(heard.append)
    observe.emit(LENT)
    unsubscribe()
    unsubscribe()
    observe.emit(LENT)

    assert heard == [LENT]


def test_whether_anybody_listens_can_be_asked() -> None:
    before = bool(observe.listening)
    unsubscribe = observe.subscribe(lambda event: None)
    during = bool(observe.listening)
    unsubscribe()

    assert (before, during, bool(observe.listening)) == (False, True, False)


def test_a_listener_that_is_subscribed_twice_is_called_twice_until_one_of_them_ends() -> None:
    heard: list[observe.Event] = []
    first, second = observe.subscribe(heard.append), observe.subscribe(heard.append)
    observe.emit(LENT)
    first()
    observe.emit(LENT)
    second()

    assert len(heard) == 3


def test_a_listener_that_raises_is_logged_once_and_kept_and_the_others_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[observe.Event] = []
    heard: list[observe.Event] = []

    def broken(event: observe.Event) -> None:
        calls.append(event)
        raise KeyError("broken")

    ends = [observe.subscribe(broken), observe.subscribe(heard.append)]
    observe.emit(LENT)
    observe.emit(LENT)
    for end in ends:
        end()

    assert len(calls) == len(heard) == 2
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ConnectionLent" in caplog.text


def test_a_listener_may_end_itself_while_it_is_told() -> None:
    heard: list[observe.Event] = []

    def once(event: observe.Event) -> None:
        heard.append(event)
        end()

    end = observe.subscribe(once)
    observe.emit(LENT)
    observe.emit(LENT)

    assert heard == [LENT]


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        LENT.waited = 1.0  # type: ignore[misc]  # that it cannot is the test


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> observe.SlowQueryLog:
    return observe.SlowQueryLog(logging.getLogger("evenflow.database"), every=60, most=3, clock=clock)


def test_a_slow_query_has_one_line_a_minute_that_counts_the_others(
    log: observe.SlowQueryLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for second in (0, 1, 59, 60):
        clock.now = second
        log(slow("SELECT 1", second + 1.5, route="GET /users/{id}"))

    assert [record.getMessage() for record in caplog.records] == [
        "Slow query on sqlite:///app.db in GET /users/{id}: 1.50 s: SELECT 1",
        "Slow query on sqlite:///app.db in GET /users/{id}: 61.50 s (2 more since the last such line): SELECT 1",
    ]


def test_a_few_statements_are_remembered_and_the_oldest_is_forgotten(
    log: observe.SlowQueryLog, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (1, 2, 3, 4, 4, 1):
        log(slow(f"SELECT {number}"))

    assert len(log) == 3
    assert [record.getMessage()[-1] for record in caplog.records] == ["1", "2", "3", "4", "1"]


def test_a_long_statement_is_shortened(log: observe.SlowQueryLog, caplog: pytest.LogCaptureFixture) -> None:
    log(slow("SELECT 'x" + "x" * 100_000 + "'"))
    log(LENT)

    (line,) = [record.getMessage() for record in caplog.records]
    assert line.endswith("x…")
    assert len(line) < 1100


def routed(scope: dict[str, Any] | None) -> str | None:
    token = request.current.set(scope)
    try:
        return observe.route()
    finally:
        request.current.reset(token)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (None, None),
        ({"type": "http", "method": "GET"}, None),
        ({"type": "http", "method": "GET", "route": object()}, None),
        ({"type": "http", "method": "GET", "route": SimpleNamespace(path_format="/users/{id}")}, "GET /users/{id}"),
        ({"type": "http", "method": "PUT", "route": SimpleNamespace(path="/users")}, "PUT /users"),
        ({"type": "websocket", "route": SimpleNamespace(path="/chat")}, "WEBSOCKET /chat"),
    ],
)
def test_the_route_is_the_template_of_the_path(scope: dict[str, Any] | None, expected: str | None) -> None:
    assert routed(scope) == expected
