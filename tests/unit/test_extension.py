"""`Evenflow(app, …)`: order of start and stop, whatever the app does itself; busy databases become 503."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse

from evenflow import (
    ConfigError,
    Database,
    DatabaseLocked,
    Evenflow,
    EvenflowError,
    LifecycleError,
    PoolTimeout,
    QueueFull,
    TransactionConflict,
)


class FakeDatabase:
    """Remembers, in the app's own journal, what happened to it."""

    def __init__(self, journal: list[str], *, broken: bool = False) -> None:
        self.journal, self.broken, self.is_connected = journal, broken, False

    async def connect(self) -> None:
        if self.broken:
            raise OSError("no such disk")
        if not self.is_connected:
            self.journal.append("connect")
        self.is_connected = True

    async def disconnect(self) -> None:
        if self.is_connected:
            self.journal.append("disconnect")
        self.is_connected = False

    def statistics(self) -> str:
        return f"connected: {self.is_connected}"


@pytest.fixture
def journal() -> list[str]:
    return []


@pytest.fixture
def database(journal: list[str]) -> Any:
    return FakeDatabase(journal)


def writes(journal: list[str], line: str) -> Callable[[], None]:
    return lambda: journal.append(line)


async def run(app: FastAPI) -> Any:
    """Starts the app's lifespan and ends it, as a server does; what it yields in between."""
    async with app.router.lifespan_context(app) as state:
        return state


async def request(app: FastAPI, path: str = "/") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


async def test_the_database_is_connected_around_the_apps_lifespan(journal: list[str], database: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        journal.append("app starts")
        yield
        journal.append("app stops")

    app = FastAPI(lifespan=lifespan)
    Evenflow(app, database=database)

    await run(app)

    assert journal == ["connect", "app starts", "app stops", "disconnect"]


async def test_event_handlers_run_inside_whenever_they_were_registered(journal: list[str], database: Any) -> None:
    app = FastAPI()
    app.router.add_event_handler("startup", writes(journal, "early start"))
    app.router.add_event_handler("shutdown", writes(journal, "early stop"))

    Evenflow(app, database=database)
    app.router.add_event_handler("startup", writes(journal, "late start"))
    app.router.add_event_handler("shutdown", writes(journal, "late stop"))
    await run(app)

    assert journal == ["connect", "early start", "late start", "early stop", "late stop", "disconnect"]


async def test_state_that_a_lifespan_yields_is_kept(database: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        yield {"colour": "green"}

    app = FastAPI(lifespan=lifespan)
    Evenflow(app, database=database)

    assert await run(app) == {"colour": "green"}


async def test_a_router_included_later_has_its_lifespan_inside(journal: list[str], database: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, int]]:
        journal.append("router starts")
        yield {"n": 1}

    app = FastAPI()
    Evenflow(app, database=database)
    app.include_router(APIRouter(lifespan=lifespan))

    assert await run(app) == {"n": 1}
    assert journal == ["connect", "router starts", "disconnect"]


async def test_a_start_that_fails_disconnects_the_database(journal: list[str], database: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise ValueError("no template directory")
        yield

    app = FastAPI(lifespan=lifespan)
    Evenflow(app, database=database)

    with pytest.raises(ValueError, match="template"):
        await run(app)
    assert journal == ["connect", "disconnect"]


async def test_an_app_whose_database_cannot_connect_does_not_start(journal: list[str]) -> None:
    app = FastAPI()
    app.router.add_event_handler("startup", writes(journal, "app starts"))
    Evenflow(app, database=FakeDatabase(journal, broken=True))  # type: ignore[arg-type]  # a fake

    with pytest.raises(OSError, match="no such disk"):
        await run(app)
    assert journal == []


async def test_an_app_that_connects_and_disconnects_itself_still_works(journal: list[str], database: Any) -> None:
    app = FastAPI()
    app.router.add_event_handler("startup", database.connect)
    app.router.add_event_handler("shutdown", database.disconnect)
    Evenflow(app, database=database)

    await run(app)
    await run(app)

    assert journal == ["connect", "disconnect"] * 2


async def test_a_database_that_was_connected_before_stays_connected(journal: list[str], database: Any) -> None:
    app = FastAPI()
    Evenflow(app, database=database)
    await database.connect()

    await run(app)

    assert journal == ["connect"]


def test_the_app_knows_its_evenflow() -> None:
    app = FastAPI()

    flow = Evenflow(app)

    assert (app.state.evenflow, flow.app) == (flow, app)


def test_attaching_twice_is_refused() -> None:
    app = FastAPI()
    Evenflow(app)

    with pytest.raises(LifecycleError, match="attached already"):
        Evenflow(app)


async def test_attaching_to_a_running_app_is_refused() -> None:
    app = FastAPI()
    await request(app)

    with pytest.raises(LifecycleError, match="already running"):
        Evenflow(app)


def test_attaching_to_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match="attaches to a FastAPI app"):
        Evenflow("main:app")  # type: ignore[arg-type]  # the mistake


def test_statistics_are_those_of_the_parts(database: Any) -> None:
    assert Evenflow(FastAPI(), database=database).statistics().database == "connected: False"
    assert Evenflow(FastAPI()).statistics().database is None


async def test_a_real_database_is_connected_while_the_app_runs() -> None:
    database = Database("sqlite://")
    app = FastAPI()
    flow = Evenflow(app, database=database)

    async with app.router.lifespan_context(app):
        assert await database.fetch_val("SELECT 1") == 1
        assert flow.statistics().database == database.statistics()

    assert not database.is_connected


def failing(error: Exception, **options: Any) -> FastAPI:
    app = FastAPI(**options)

    @app.get("/")
    async def read() -> None:
        raise error

    return app


def teapot(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"teapot": type(error).__name__}, 418)


@pytest.mark.parametrize("kind", [PoolTimeout, QueueFull, DatabaseLocked, TransactionConflict])
async def test_a_busy_database_is_a_503_that_says_when_to_retry(kind: type[Exception]) -> None:
    app = failing(kind("writer held by app.py:12 since 3 s"))
    Evenflow(app)

    answer = await request(app)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {"detail": "The database is busy. Please try again."}


async def test_a_busy_database_is_logged_once_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    app = failing(PoolTimeout("writer held by app.py:12 since 3 s"))
    Evenflow(app)

    with caplog.at_level(logging.WARNING, logger="evenflow"):
        await request(app)

    assert caplog.record_tuples == [("evenflow", logging.WARNING, "PoolTimeout /: writer held by app.py:12 since 3 s")]


async def test_a_handler_the_app_had_before_is_the_one_that_answers() -> None:
    app = failing(PoolTimeout(), exception_handlers={PoolTimeout: teapot})
    Evenflow(app)

    assert (await request(app)).status_code == 418


async def test_a_handler_registered_later_is_the_one_that_answers() -> None:
    app = failing(PoolTimeout())
    Evenflow(app)
    app.add_exception_handler(PoolTimeout, teapot)

    assert (await request(app)).status_code == 418


@pytest.mark.parametrize("kind", [EvenflowError, TimeoutError])
async def test_a_handler_for_a_wider_class_is_the_one_that_answers(kind: type[Exception]) -> None:
    app = failing(PoolTimeout())
    Evenflow(app)

    @app.exception_handler(kind)
    async def answer(request: Request, error: Exception) -> JSONResponse:
        return teapot(request, error)

    assert (await request(app)).json() == {"teapot": "PoolTimeout"}


async def test_a_handler_for_every_exception_is_no_answer_to_a_busy_database() -> None:
    app = failing(PoolTimeout())
    Evenflow(app)
    app.add_exception_handler(Exception, teapot)

    assert (await request(app)).status_code == 503


async def test_other_errors_are_left_alone() -> None:
    app = failing(EvenflowError("something else"))
    Evenflow(app)

    with pytest.raises(EvenflowError, match="something else"):
        await request(app)


async def test_a_busy_database_closes_a_websocket_with_try_again_later() -> None:
    app = FastAPI()

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        raise QueueFull

    Evenflow(app)
    received: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return received.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/live", "headers": [], "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[-1]["code"] == 1013
