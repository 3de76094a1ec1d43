"""What blocks the loop of a real server is named: its route, its line, its call, and what the thread did meanwhile."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.guard.watchdog.program import BLOCK
from tests.guard.watchdog.served import PROGRAM, Watched, line_of, served
from tests.integration.servers import eventually


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("uvloop", True), id="uvloop-compiled"),
        pytest.param(("asyncio", False), id="asyncio-stock"),
        pytest.param(("uvloop", False), id="uvloop-stock", marks=pytest.mark.slow),
        pytest.param(("asyncio", True), id="asyncio-compiled", marks=pytest.mark.slow),
    ],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    loop, fastpath = request.param
    with served(tmp_path_factory.mktemp("served"), loop=loop, fastpath=fastpath) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "name", "route", "call", "kind"),
    [
        ("/sleep/5", "sleep", "GET /sleep/{user_id}", "time.sleep", "waits"),
        ("/deep", "deep", "GET /deep", "time.sleep", "waits"),
        ("/sqlite", "sqlite", "GET /sqlite", "sqlite3.Connection.execute", None),
        ("/json", "json", "GET /json", "json.dumps", "cpu"),
        ("/regex", "regex", "GET /regex", "re.match", "cpu"),
        ("/background", "background", "GET /background", "time.sleep", "waits"),
        ("/dependency", "dependency", "GET /dependency", "time.sleep", "waits"),
        ("/task", "task", "GET /task", "time.sleep", "waits"),
        ("/callback", "callback", None, "time.sleep", "waits"),
        ("/shops/blue/items/3", "mounted", "GET /shops/{shop}/items/{item}", "time.sleep", "waits"),
        ("/guarded/7", "middleware", "GET /guarded/{n}", "time.sleep", "waits"),
        ("/raises", "handler", "GET /raises", "time.sleep", "waits"),
    ],
)
def test_what_blocks_is_named(
    server: Watched, path: str, name: str, route: str | None, call: str, kind: str | None
) -> None:
    [found] = server.found(path)

    assert (found["route"], found["file"], found["line"]) == (route, str(PROGRAM), line_of(name))
    assert found["call"] == call
    assert kind is None or found["class"] == kind


def test_a_wait_for_a_lock_is_named(server: Watched) -> None:
    [found] = server.found("/lock")

    assert (found["route"], found["line"]) == ("GET /lock", line_of("lock"))
    assert "acquire" in found["call"] or "Lock" in found["call"]


def test_a_loop_that_computes_is_named_by_its_function(server: Watched) -> None:
    [found] = server.found("/cpu")

    assert found["route"] == "GET /cpu"
    assert abs(found["line"] - line_of("cpu")) <= 1
    assert found["class"] == "cpu"


def test_an_answer_that_is_too_big_is_blamed_on_the_function_that_gave_it(server: Watched) -> None:
    found = server.found("/big-answer")[0]

    lines = PROGRAM.read_text().splitlines()
    assert found["route"] == "GET /big-answer"
    assert "/big-answer" in lines[found["line"] - 1] or "def big_answer" in lines[found["line"] - 1]
    assert found["class"] == "cpu"


def test_the_chain_goes_from_the_route_to_the_call(server: Watched) -> None:
    [found] = server.found("/deep")

    assert [hop["name"] for hop in found["chain"]] == ["deep", "one", "two"]


def test_the_time_is_about_that_of_the_block(server: Watched) -> None:
    [found] = server.found("/sleep/5")

    assert 0.5 * BLOCK * 1000 <= found["ms"] <= 4 * BLOCK * 1000


@pytest.mark.slow  # and so by itself: it is about which thread wakes first
def test_a_thread_that_holds_the_interpreter_is_blamed_with_its_route(server: Watched) -> None:
    right = 0
    for _ in range(10):
        before = len(server.incidents())
        server.client.get("/thief")
        time.sleep(0.2)
        for found in server.incidents()[before:]:
            assert (found["class"], found["route"]) == ("gil", "GET /thief")
            right += found["line"] == line_of("thief")

    # On a machine that does nothing else it is all of them.
    assert right >= 4


def test_what_does_not_block_and_what_is_allowed_is_not_named(server: Watched) -> None:
    before = len(server.incidents())
    for path in ("/good/1", "/good-thread", "/allowed"):
        server.client.get(path)
    time.sleep(0.3)

    assert server.incidents()[before:] == []


async def test_the_one_route_that_blocks_is_named_among_sixty_that_do_not(server: Watched) -> None:
    before = len(server.incidents())
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=server.client.base_url, timeout=30, limits=limits) as client:
        others = [asyncio.create_task(client.get(f"/good/{n}")) for n in range(60)]
        await asyncio.sleep(0.1)
        await client.get("/sleep/1")
        await asyncio.gather(*others)
    await asyncio.to_thread(eventually, lambda: len(server.incidents()) > before)

    routes = [found["route"] for found in server.incidents()[before:] if found["call"] == "time.sleep"]
    assert routes == ["GET /sleep/{user_id}"]


def test_the_log_names_it_once_a_minute(tmp_path: Path) -> None:
    with served(tmp_path, loop="uvloop") as server:
        for _ in range(3):
            server.found("/sleep/5")
        said = server.log.read_text()

    assert said.count("GET /sleep/{user_id}") == 1
    assert f"program.py:{line_of('sleep')}" in said
    assert "time.sleep(BLOCK)" in said


def test_it_is_told_while_it_goes_on(tmp_path: Path) -> None:
    with served(tmp_path, loop="uvloop") as server:
        time.sleep(1.2)  # all is loaded
        with httpx.Client(base_url=server.client.base_url) as client, pytest.raises(httpx.ReadTimeout):
            client.get("/long", timeout=0.4)
        said = server.log.read_text()
        server.process.kill()

    assert "GET /long" in said


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_hang_with_the_interpreter_held_is_dumped_within_seconds(tmp_path: Path, loop: str) -> None:
    with served(tmp_path, loop=loop) as server:
        time.sleep(1.2)
        began = time.monotonic()
        with httpx.Client(base_url=server.client.base_url) as client, pytest.raises(httpx.ReadTimeout):
            client.get("/hang", timeout=0.2)
        eventually(lambda: "in hang" in server.log.read_text(), within=10)
        assert time.monotonic() - began < 7.5
        server.process.kill()


@pytest.mark.slow
def test_a_process_that_was_stopped_is_not_the_programs_fault(tmp_path: Path) -> None:
    with served(tmp_path, loop="uvloop") as server:
        time.sleep(0.3)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGCONT)
        server.client.get("/good/1")
        time.sleep(0.2)

        assert server.incidents() == []


@pytest.mark.slow
def test_the_environment_turns_it_off(tmp_path: Path) -> None:
    with served(tmp_path, loop="uvloop", EVENFLOW_GUARD="off") as server:
        server.client.get("/sleep/5")
        time.sleep(0.2)

        assert server.incidents() == []


@pytest.mark.slow
def test_the_app_turns_it_off(tmp_path: Path) -> None:
    with served(tmp_path, loop="uvloop", TEST_GUARD="off") as server:
        server.client.get("/sleep/5")
        time.sleep(0.2)

        assert server.incidents() == []
