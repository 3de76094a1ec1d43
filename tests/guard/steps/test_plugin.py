"""pytest with the plugin, on a project written for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PLUGIN = """
from evenflow.testing import blocking, leaking

def pytest_addoption(parser):
    blocking.add_options(parser)
    leaking.add_options(parser)

def pytest_configure(config):
    config.pluginmanager.register(blocking.Blocking(config))
    config.pluginmanager.register(leaking.Leaking(config))
"""
APP = """
import asyncio
import time
from pathlib import Path
from fastapi import FastAPI

app = FastAPI()

def helper():
    time.sleep(0.001)

@app.get("/sleeps/{number}")
async def sleeps(number: int):
    helper()

@app.get("/swallows")
async def swallows():
    try:
        time.sleep(0.001)
    except BaseException:
        pass

@app.get("/reads")
async def reads():
    Path(__file__).read_text()

@app.get("/imports")
async def imports():
    import plistlib

@app.get("/fine")
async def fine():
    await asyncio.sleep(0)
"""
TESTS = """
import asyncio
import unittest
import httpx
import pytest
from app import app

@pytest.fixture
async def client(tmp_path):
    (tmp_path / "file").write_text("set up")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client

@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/sleeps/5", "/swallows", "/reads", "/imports", "/fine"])
async def test_get(client, path):
    await client.get(path)

@pytest.mark.anyio
@pytest.mark.blocking_ok("it is known to be slow")
async def test_excused(client):
    await client.get("/sleeps/5")

@pytest.mark.anyio
async def test_set_up(tmp_path):
    (tmp_path / "file").write_text("set up")

@pytest.mark.xfail(strict=True)
@pytest.mark.anyio
async def test_expected(client):
    await client.get("/sleeps/5")

class TestCase(unittest.IsolatedAsyncioTestCase):
    async def test_unittest(self):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            await client.get("/sleeps/5")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "plugged.py").write_text(PLUGIN)
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "test_app.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nanyio_mode = auto\n")
    return tmp_path


class Outcome:
    def __init__(self, project: Path, *options: str) -> None:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-rA", "-p", "no:evenflow", "-p", "plugged", *options],
            cwd=project,
            capture_output=True,
            text=True,
        )
        self.text = run.stdout + run.stderr
        self.failed = set(re.findall(r"^(?:FAILED|ERROR) \S+::(\S+)", run.stdout, re.MULTILINE))


EVERYTHING = {"test_get[asyncio-/sleeps/5]", "test_get[asyncio-/swallows]", "test_get[asyncio-/reads]", "test_unittest"}


@pytest.mark.parametrize("options", [(), ("-n2",)])
def test_a_test_in_which_the_app_blocks_fails(project: Path, options: tuple[str, ...]) -> None:
    outcome = Outcome(project, *options)

    assert outcome.failed == EVERYTHING, outcome.text


def test_the_message_names_route_file_line_call_and_what_to_write(project: Path) -> None:
    text = Outcome(project, "-k", "sleeps").text

    for part in ("GET /sleeps/{number}", "app.py", "10", "time.sleep", "await asyncio.sleep"):
        assert part in text


def test_an_import_at_request_time_is_listed_as_advice(project: Path) -> None:
    outcome = Outcome(project, "-n2", "-k", "imports")

    assert outcome.failed == set()
    assert "app.py:29: import: import it at the top of the module" in outcome.text


def test_with_warn_nothing_fails_and_all_is_listed(project: Path) -> None:
    outcome = Outcome(project, "--evenflow-blocking=warn", "-k", "not expected")

    assert outcome.failed == set()
    assert "app.py:10: time.sleep: await asyncio.sleep(...)" in outcome.text


def test_with_off_nothing_is_watched(project: Path) -> None:
    outcome = Outcome(project, "--evenflow-blocking=off", "-k", "not expected")

    assert outcome.failed == set()
    assert "time.sleep" not in outcome.text


def test_with_strict_the_call_itself_raises(project: Path) -> None:
    outcome = Outcome(project, "--evenflow-blocking=strict", "-k", "sleeps")

    assert "LoopBlocked: time.sleep blocks the event loop" in outcome.text


def test_what_is_allowed_does_not_fail(project: Path) -> None:
    ini = "[pytest]\nanyio_mode = auto\nevenflow_blocking_allow =\n  app.helper\n  */app.py: pathlib.Path.read_text\n"
    (project / "pytest.ini").write_text(ini)

    assert Outcome(project, "-k", "not expected").failed == {"test_get[asyncio-/swallows]"}


def test_a_mode_that_is_none_is_refused(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\nevenflow_blocking = maybe\n")

    assert "evenflow_blocking is 'maybe'; it can be fail, warn, strict, off." in Outcome(project).text


LEAKING = """
import asyncio
import threading
import time

async def forgotten():
    await asyncio.get_running_loop().create_future()

def work():
    time.sleep(1)

async def test_lost():
    asyncio.create_task(forgotten())
    await asyncio.sleep(0)

async def test_never_awaited():
    forgotten()

async def test_held():
    task = asyncio.create_task(asyncio.sleep(0))
    await task

def test_thread():
    threading.Thread(target=work).start()
"""


def test_lost_tasks_and_coroutines_fail_and_threads_left_are_listed(project: Path) -> None:
    (project / "test_app.py").write_text(LEAKING)

    outcome = Outcome(project)

    assert outcome.failed == {"test_lost[asyncio]", "test_never_awaited[asyncio]"}
    assert "the task of forgotten() was dropped before it was done" in outcome.text
    assert "forgotten() was called and never awaited" in outcome.text
    assert "test_thread: the thread Thread-1 (work) goes on, in test_app.py:10" in outcome.text


def test_leaks_can_be_left_alone(project: Path) -> None:
    (project / "test_app.py").write_text(LEAKING)

    assert Outcome(project, "--evenflow-leaks=off").failed == set()
