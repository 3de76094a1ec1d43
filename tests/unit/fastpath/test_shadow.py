"""Shadow mode: FastAPI answers too, the answers are compared, and a route that differs is given back."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware

from evenflow import Evenflow
from evenflow.fastpath import Fastpath, attach
from tests.unit.fastpath.asking import ask, hello

ANSWER = b'{"message":"hi"}'


def break_route(path: Fastpath, endpoint: str, body: bytes) -> None:
    """Has the compiled route of an endpoint answer something else, as a bug of the compiler's would."""
    made = path._made()
    index = next(n for n, entry in enumerate(made.entries) if getattr(entry.endpoint, "__name__", "") == endpoint)

    async def broken(scope: Any, receive: Any, send: Any, parameters: Any) -> None:
        await Response(body)(scope, receive, send)

    made.handlers[index] = broken


def break_after_start(app: FastAPI, path: Fastpath, endpoint: str = "read", body: bytes = b"wrong") -> None:
    # A stack that is built makes the routes anew.
    app.middleware_stack = app.build_middleware_stack()
    break_route(path, endpoint, body)


async def test_both_answer_and_the_client_gets_one_answer() -> None:
    app = FastAPI()
    calls = []

    @app.get("/")
    async def read() -> dict[str, str]:
        calls.append(1)
        return {"message": "hi"}

    path = attach(app, shadow=1.0)

    answer = await ask(app)

    assert answer.content == ANSWER
    assert len(calls) == 2
    assert (path.counts.compiled, path.counts.compared, path.counts.differences) == (1, 1, 0)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.25, 20, 90), (1.0, 200, 200)])
async def test_as_many_requests_are_compared_as_asked(share: float, low: int, high: int) -> None:
    app = hello()
    path = attach(app, shadow=share)

    for _ in range(200):
        await ask(app)

    assert low <= path.counts.compared <= high


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        attach(hello(), shadow=share)


def test_evenflow_takes_a_share() -> None:
    assert Evenflow(hello(), shadow=0.5).fastpath is not None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_only_requests_that_change_nothing_are_compared(method: str) -> None:
    app = FastAPI()
    calls = []

    @app.api_route("/", methods=[method])
    async def write() -> int:
        calls.append(1)
        return 1

    path = attach(app, shadow=1.0)

    assert (await ask(app, method=method)).json() == 1
    assert len(calls) == 1
    assert path.counts.compared == 0


async def test_a_request_with_a_body_is_not_compared() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(request: Request) -> str:
        return (await request.body()).decode()

    path = attach(app, shadow=1.0)

    assert (await ask(app, content=b"words")).json() == "words"
    assert path.counts.compared == 0


async def test_a_broken_route_is_noticed_and_given_back(caplog: pytest.LogCaptureFixture) -> None:
    app = hello()
    path = attach(app, shadow=1.0)
    break_after_start(app, path)

    with caplog.at_level(logging.ERROR, "evenflow.fastpath"):
        answer = await ask(app)

    assert answer.content == ANSWER
    assert (path.counts.compared, path.counts.differences) == (1, 1)
    (route,) = [route for route in path.report().routes if route.path == "/"]
    assert not route.compiled
    assert route.reason == "shadow mode saw another answer than FastAPI's: headers, body"
    assert "/ is no longer compiled: shadow mode saw another answer" in caplog.text
    assert (await ask(app)).content == ANSWER
    assert path.counts.compared == 1
    assert path.counts.routed == {route.reason: 1}


async def test_a_route_that_was_given_back_stays_so_when_others_are_added() -> None:
    app = hello()
    path = attach(app, shadow=1.0)
    break_after_start(app, path)
    await ask(app)

    app.get("/other")(lambda: 1)
    await ask(app)

    assert {route.path: route.compiled for route in path.report().routes if route.path in ("/", "/other")} == {
        "/": False,
        "/other": True,
    }


async def test_without_shadow_mode_nobody_would_notice() -> None:
    app = hello()
    path = attach(app)
    break_after_start(app, path)

    assert (await ask(app)).content == b"wrong"


async def test_an_endpoint_that_answers_at_random_is_not_blamed() -> None:
    app = FastAPI()
    numbers = itertools.count()

    @app.get("/")
    async def read() -> int:
        return next(numbers)

    path = attach(app, shadow=1.0)

    for _ in range(3):
        assert (await ask(app)).status_code == 200
    assert (path.counts.compiled, path.counts.differences) == (3, 0)
    assert path.counts.compared == 1, "it is left alone from then on"


@pytest.mark.parametrize("different", [1, 2, 3, 4])
async def test_an_endpoint_whose_first_answers_are_others_is_not_blamed(different: int) -> None:
    app = FastAPI()
    calls = itertools.count(1)

    @app.get("/")
    async def read() -> str:
        return "MISS" if next(calls) <= different else "HIT"

    path = attach(app, shadow=1.0)

    for _ in range(3):
        assert (await ask(app)).status_code == 200
    assert path.counts.differences == 0


@pytest.mark.parametrize(("tosses", "blamed"), [("ABABABABBA", 0), ("ABABABABAB", 1)])
async def test_a_route_is_blamed_when_both_have_given_their_answer_five_times(tosses: str, blamed: int) -> None:
    app = FastAPI()
    app.get("/")(_from(iter(tosses)))
    path = attach(app, shadow=1.0)

    assert (await ask(app)).json() == "B"
    assert path.counts.differences == blamed


def _from(coins: Any) -> Callable[[], str]:
    def read() -> str:
        return str(next(coins))

    return read


async def test_large_answers_pass_and_are_sent_once() -> None:
    app = FastAPI()
    calls = []
    large = bytes(3 << 20)

    @app.get("/")
    async def read() -> Response:
        calls.append(1)
        return Response(large)

    path = attach(app, shadow=1.0)

    answer = await ask(app)

    assert answer.content == large
    assert len(calls) == 1
    assert path.counts.differences == 0


async def test_an_endless_answer_reaches_its_client_at_once() -> None:
    app = FastAPI()

    async def ticks() -> AsyncIterator[bytes]:
        yield b"tick"
        await asyncio.sleep(3600)

    @app.get("/")
    async def read() -> StreamingResponse:
        return StreamingResponse(ticks())

    attach(app, shadow=1.0)
    arrived = asyncio.Event()

    async def send(message: Any) -> None:
        if message.get("body") == b"tick":
            arrived.set()

    async def receive() -> Any:
        await asyncio.sleep(3600)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    serving = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]  # plain dictionaries
    async with asyncio.timeout(5):
        await arrived.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_an_endpoint_that_reads_its_empty_body_is_given_it_twice() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(request: Request) -> int:
        return len(await request.body())

    path = attach(app, shadow=1.0)
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        if not messages:
            await asyncio.sleep(3600)  # as a server does until the client goes
        return messages.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    async with asyncio.timeout(5):
        await app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries

    assert sent[1]["body"] == b"0"
    assert path.counts.compared == 1


async def test_an_exception_that_both_raise_is_raised_once() -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> None:
        raise KeyError("lost")

    path = attach(app, shadow=1.0)

    with pytest.raises(KeyError, match="lost"):
        await ask(app)
    assert (path.counts.compared, path.counts.differences) == (1, 0)


async def test_a_middleware_finds_what_the_app_left_in_the_scope() -> None:
    app = FastAPI()
    found = []

    async def dispatch(request: Request, call_next: Any) -> Any:
        request.state.before = 1
        response = await call_next(request)
        found.append((request.scope["route"].path, request.path_params, request.state.seen))
        return response

    @app.get("/things/{name}")
    async def read(request: Request, name: str) -> int:
        request.state.seen = getattr(request.state, "seen", 0) + 1
        return int(request.state.before)

    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
    path = attach(app, shadow=1.0)

    assert (await ask(app, "/things/one")).json() == 1
    assert found == [("/things/{name}", {"name": "one"}, 1)]
    assert (path.counts.compared, path.counts.differences) == (1, 0)


async def test_background_tasks_run_for_both() -> None:
    app = FastAPI()
    done = []

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> int:
        tasks.add_task(done.append, 1)
        return 1

    attach(app, shadow=1.0)

    assert (await ask(app)).json() == 1
    assert done == [1, 1]
