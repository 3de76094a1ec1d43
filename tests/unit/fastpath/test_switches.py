"""Every way to turn the fast path off, for all apps, for one, or for a route."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware

from evenflow import Evenflow, uncompiled
from evenflow.fastpath import attach, detach
from tests.unit.fastpath.asking import ask, hello


async def test_an_attached_app_answers_by_a_compiled_route() -> None:
    app = hello()
    path = attach(app)

    answer = await ask(app)

    assert answer.json() == {"message": "hi"}
    assert path.counts.compiled == 1
    assert path.off is None


def test_attaching_twice_gives_the_same_fast_path() -> None:
    app = hello()

    assert attach(app) is attach(app)
    assert Evenflow(app).fastpath is attach(app)


@pytest.mark.parametrize("value", ["off", "OFF", " Off ", "0", "false", "no"])
async def test_the_environment_turns_it_off(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EVENFLOW_FASTPATH", value)
    app = hello()
    path = attach(app)

    assert (await ask(app)).json() == {"message": "hi"}
    assert path.counts.compiled == 0
    assert path.off == f"EVENFLOW_FASTPATH is {value}"
    assert path.report().off == path.off
    assert "build_middleware_stack" not in vars(app)


@pytest.mark.parametrize("value", ["", "on", "1", "yes"])
async def test_other_values_of_the_variable_leave_it_on(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EVENFLOW_FASTPATH", value)
    app = hello()
    path = attach(app)

    await ask(app)

    assert path.counts.compiled == 1


async def test_evenflow_without_it_leaves_the_app_stock() -> None:
    app = hello()
    flow = Evenflow(app, fastpath=False, guard=False)

    assert (await ask(app)).json() == {"message": "hi"}
    assert flow.fastpath is None
    assert flow.statistics().fastpath is None
    assert "build_middleware_stack" not in vars(app)


async def test_evenflow_tells_how_many_requests_were_compiled() -> None:
    app = hello()
    flow = Evenflow(app)

    await ask(app)

    counts = flow.statistics().fastpath
    assert counts is not None
    assert counts.compiled == 1


async def test_one_endpoint_can_be_left_to_fastapi() -> None:
    app = hello()

    @app.get("/careful")
    @uncompiled
    async def careful() -> int:
        return 7

    path = attach(app)

    assert (await ask(app, "/careful")).json() == 7
    assert path.counts.compiled == 0
    assert path.counts.routed == {"it is marked @uncompiled": 1}
    assert [route.reason for route in path.report().routes if route.endpoint is careful] == ["it is marked @uncompiled"]
    assert (await ask(app)).json() == {"message": "hi"}
    assert path.counts.compiled == 1


def test_the_mark_leaves_the_function_as_it_is() -> None:
    def endpoint() -> int:
        return 7

    assert uncompiled(endpoint) is endpoint
    assert endpoint() == 7


async def test_the_mark_is_seen_below_another_decorator_that_wraps() -> None:
    def logged(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(endpoint)
        async def inner() -> Any:
            return await endpoint()

        return inner

    app = FastAPI()

    @app.get("/")
    @logged
    @uncompiled
    async def careful() -> int:
        return 7

    path = attach(app)

    assert (await ask(app)).json() == 7
    assert path.counts.compiled == 0


async def test_a_detached_app_is_stock_again() -> None:
    app = hello()
    path = attach(app)
    await ask(app)

    detach(app)
    answer = await ask(app)

    assert answer.json() == {"message": "hi"}
    assert path.counts.compiled == 1
    assert path.off == "it was detached"
    assert "build_middleware_stack" not in vars(app)
    assert type(app.build_middleware_stack()) is type(FastAPI().build_middleware_stack())


async def test_a_detached_app_can_be_attached_again() -> None:
    app = hello()
    attach(app)
    detach(app)
    path = attach(app)

    await ask(app)

    assert path.counts.compiled == 1


def test_detaching_an_app_without_it_does_nothing() -> None:
    app = hello()

    detach(app)

    assert vars(app).keys() == vars(hello()).keys()


async def test_a_mounted_app_is_attached_and_detached_with_the_one_it_is_mounted_in() -> None:
    outer, inner = hello(), hello()
    outer.mount("/inner", inner)
    attach(outer)
    path = attach(inner)

    assert (await ask(outer, "/inner/")).json() == {"message": "hi"}
    assert path.counts.compiled == 1

    detach(outer)
    assert (await ask(outer, "/inner/")).json() == {"message": "hi"}
    assert path.counts.compiled == 1


async def test_a_mounted_app_that_wants_no_fast_path_has_none() -> None:
    outer, inner = hello(), hello()
    Evenflow(inner, fastpath=False, guard=False)
    outer.mount("/inner", inner)
    Evenflow(outer)

    await ask(outer, "/inner/")

    assert "build_middleware_stack" not in vars(inner)


async def test_an_app_that_builds_its_stack_in_its_own_way_is_left_alone_and_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Own(FastAPI):
        def build_middleware_stack(self) -> Any:
            return AsyncExitStackMiddleware(self.router)

    app = Own()
    app.get("/")(lambda: 7)
    path = attach(app)

    with caplog.at_level(logging.WARNING, "evenflow.fastpath"):
        assert (await ask(app)).json() == 7

    assert path.counts.compiled == 0
    said = "The fast path is off for this app, FastAPI serves it alone: "
    assert [record.message for record in caplog.records] == [
        said + "the app builds its middleware stack in its own way."
    ]
