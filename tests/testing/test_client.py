"""`open_client` and `open_live_client`: an app started, asked, stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.applications import Starlette
from starlette.routing import Mount

from evenflow.testing import open_client, open_live_client
from evenflow.testing.client import overrides_restored

Opening = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
both = pytest.mark.parametrize("opening", [open_client, open_live_client])
color: ContextVar[str] = ContextVar("color", default="none")


def noting(told: list[str], name: str, kind: Any = FastAPI, **options: Any) -> Any:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[dict[str, str]]:
        told.append(f"{name} starts")
        yield {name: "from the lifespan"}
        told.append(f"{name} stops")

    return kind(lifespan=lifespan, **options)


@both
async def test_the_lifespan_runs_around_it_and_gives_its_state(opening: Opening) -> None:
    told: list[str] = []
    app = noting(told, "main")

    @app.get("/")
    async def read(request: Request) -> str:
        told.append("asked")
        return str(request.state.main)

    async with opening(app) as client:
        assert (await client.get("/")).json() == "from the lifespan"
    assert told == ["main starts", "asked", "main stops"]


async def test_the_lifespans_of_mounted_apps_run_too() -> None:
    told: list[str] = []
    app = noting(told, "outer")
    inner = noting(told, "inner", Starlette, routes=[Mount("/deep", noting(told, "deepest"))])
    app.mount("/inner", inner)

    async with open_client(app):
        pass

    assert told == ["outer starts", "inner starts", "deepest starts", "deepest stops", "inner stops", "outer stops"]


async def test_a_mounted_app_that_the_app_starts_itself_is_started_once() -> None:
    told: list[str] = []
    inner = noting(told, "inner")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with inner.router.lifespan_context(inner):
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/inner", inner)

    for _ in range(2):
        async with open_client(app):
            pass

    assert told == ["inner starts", "inner stops"] * 2


async def test_a_mounted_app_is_left_as_it_was() -> None:
    app, inner = FastAPI(), FastAPI()
    app.mount("/inner", inner)
    before = inner.router.lifespan_context

    async with open_client(app):
        pass

    assert inner.router.lifespan_context is before


async def test_a_server_leaves_mounted_apps_to_the_app() -> None:
    told: list[str] = []
    app = FastAPI()
    app.mount("/inner", noting(told, "inner"))

    async with open_live_client(app):
        pass

    assert told == []


@both
async def test_an_app_that_does_not_start_raises_its_own_error(opening: Opening) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise KeyError("no such secret")
        yield

    with pytest.raises(KeyError, match="no such secret"):
        async with opening(FastAPI(lifespan=lifespan)):
            pytest.fail("it has started")


@both
async def test_an_app_that_does_not_stop_raises_its_own_error(opening: Opening) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        raise KeyError("cannot close")

    with pytest.raises(KeyError, match="cannot close"):
        async with opening(FastAPI(lifespan=lifespan)):
            pass


@both
async def test_an_app_without_a_lifespan_is_served(opening: Opening) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with opening(app) as client:
        assert (await client.get("/")).status_code == 204


async def test_an_error_of_the_app_is_raised_in_the_test() -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> None:
        raise KeyError("a mistake")

    async with open_client(app) as client:
        with pytest.raises(KeyError, match="a mistake"):
            await client.get("/")
    async with open_client(app, raise_app_exceptions=False) as client:
        assert (await client.get("/")).status_code == 500


async def test_the_app_sees_context_variables_of_the_test_and_not_the_other_way_round() -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        seen = color.get()
        color.set("the app's")
        return seen

    async with open_client(app) as client:
        color.set("the test's")
        assert (await client.get("/")).json() == "the test's"
        assert color.get() == "the test's"


async def test_a_request_that_is_given_up_is_cancelled_in_the_app() -> None:
    app, cancelled = FastAPI(), asyncio.Event()

    @app.get("/")
    async def read() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with open_client(app) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get("/"), 0.05)
        assert cancelled.is_set()


async def test_overrides_of_a_test_are_taken_back() -> None:
    app = FastAPI()

    def one() -> int:
        return 1

    @app.get("/")
    async def read(number: int = Depends(one)) -> int:
        return number

    with overrides_restored(app):
        app.dependency_overrides[one] = lambda: 2
        async with open_client(app) as client:
            assert (await client.get("/")).json() == 2
    async with open_client(app) as client:
        assert (await client.get("/")).json() == 1


# A real server


async def test_a_live_answer_comes_piece_by_piece() -> None:
    app, go_on = FastAPI(), asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await go_on.wait()
        yield b"last"

    @app.get("/")
    async def read() -> StreamingResponse:
        return StreamingResponse(pieces())

    async with open_live_client(app) as client, client.stream("GET", "/") as answer:
        received = answer.aiter_bytes()
        assert await anext(received) == b"first"
        go_on.set()
        assert await anext(received) == b"last"


async def test_a_live_server_listens_on_this_machine_only_and_is_gone_afterwards() -> None:
    async with open_live_client(FastAPI()) as client:
        url = client.base_url
        assert url.host == "127.0.0.1"
        assert (await client.get("/docs")).status_code == 200

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(url.host, url.port)


async def test_a_live_app_shares_the_loop_of_the_test() -> None:
    app, seen = FastAPI(), []

    @app.get("/")
    async def read() -> None:
        seen.append(asyncio.get_running_loop())

    async with open_live_client(app) as client:
        await client.get("/")

    assert seen == [asyncio.get_running_loop()]


async def test_a_live_server_leaves_signals_alone() -> None:
    import signal

    before = signal.getsignal(signal.SIGINT)
    async with open_live_client(FastAPI()):
        assert signal.getsignal(signal.SIGINT) is before
