"""Routes that are added while an app serves are seen at the next request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router

from evenflow.fastpath import attach
from tests.unit.fastpath.asking import ask, hello


async def late() -> str:
    return "late"


def _decorated(app: FastAPI, nested: APIRouter) -> None:
    app.get("/late")(late)


def _added(app: FastAPI, nested: APIRouter) -> None:
    app.add_api_route("/late", late)


def _included(app: FastAPI, nested: APIRouter) -> None:
    router = APIRouter()
    router.get("/late")(late)
    app.include_router(router)


def _in_a_nested_router(app: FastAPI, nested: APIRouter) -> None:
    nested.get("/late")(late)


def _included_in_a_nested_router(app: FastAPI, nested: APIRouter) -> None:
    router = APIRouter()
    router.get("/late")(late)
    nested.include_router(router)


def _inserted(app: FastAPI, nested: APIRouter) -> None:
    app.router.routes.insert(0, APIRoute("/late", late))


def _inserted_between(app: FastAPI, nested: APIRouter) -> None:
    app.router.routes.insert(1, APIRoute("/late", late))


def _appended(app: FastAPI, nested: APIRouter) -> None:
    app.router.routes.append(APIRoute("/late", late))


def _list_replaced(app: FastAPI, nested: APIRouter) -> None:
    app.router.routes = [*app.router.routes, APIRoute("/late", late)]


def _appended_in_a_nested_router(app: FastAPI, nested: APIRouter) -> None:
    nested.routes.append(APIRoute("/late", late))


@pytest.mark.parametrize(
    "change",
    [
        _decorated,
        _added,
        _included,
        _in_a_nested_router,
        _included_in_a_nested_router,
        _inserted,
        _inserted_between,
        _appended,
        _list_replaced,
    ],
)
async def test_a_route_that_is_added_is_compiled_too(change: Callable[[FastAPI, APIRouter], None]) -> None:
    app, nested = hello(), APIRouter()
    nested.get("/first")(late)
    outer = APIRouter()
    outer.include_router(nested)
    app.include_router(outer)
    path = attach(app)
    assert (await ask(app)).status_code == 200
    assert (await ask(app, "/late")).status_code == 404

    change(app, nested)

    assert (await ask(app, "/late")).json() == "late"
    assert path.counts.compiled == 2


@pytest.mark.parametrize(
    "change",
    [
        _in_a_nested_router,
        pytest.param(
            _appended_in_a_nested_router,
            marks=pytest.mark.xfail(reason="FastAPI reads an included router when first asked, we at the start"),
        ),
    ],
)
async def test_what_a_nested_router_gets_is_answered_as_without_us(
    change: Callable[[FastAPI, APIRouter], None],
) -> None:
    answers = []
    for attached in (False, True):
        app, nested = hello(), APIRouter()
        nested.get("/first")(late)
        app.include_router(nested)
        if attached:
            attach(app)
        await ask(app)
        change(app, nested)
        answers.append((await ask(app, "/late")).status_code)

    assert answers[0] == answers[1]


async def test_a_starlette_route_a_mount_and_a_host_that_are_added_answer() -> None:
    app = hello()
    attach(app)
    assert (await ask(app, "/page")).status_code == 404

    page = PlainTextResponse("page")
    app.router.routes.append(Route("/page", lambda request: page))
    assert (await ask(app, "/page")).text == "page"
    app.mount("/mounted", page)
    assert (await ask(app, "/mounted/at")).text == "page"
    app.router.routes.insert(0, Host("test", Router([Mount("/hosted", page)])))
    assert (await ask(app, "/hosted/at")).text == "page"


async def test_an_app_that_is_mounted_later_answers() -> None:
    app, inner = hello(), hello()
    attach(app)
    await ask(app)

    app.mount("/inner", inner)

    assert (await ask(app, "/inner/")).json() == {"message": "hi"}


async def test_an_app_that_is_mounted_later_is_compiled() -> None:
    app, inner = hello(), hello()
    attach(app)

    app.mount("/inner", inner)
    await ask(app, "/inner/")

    assert attach(inner).counts.compiled == 1


async def test_a_route_that_is_removed_is_gone() -> None:
    app = hello()
    attach(app)
    await ask(app)

    app.router.routes.pop()

    assert (await ask(app)).status_code == 404


async def test_a_replaced_endpoint_is_seen_when_asked_to_look() -> None:
    app = hello()
    path = attach(app)
    await ask(app)
    app.get("/later")(late)
    app.router.routes[-2:] = [APIRoute("/", late)]

    path.recompile()

    assert (await ask(app)).json() == "late"
