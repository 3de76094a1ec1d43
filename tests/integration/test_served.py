"""`evenflow run` and `evenflow dev` give an app that has never heard of Evenflow the fast path."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.integration.servers import command, eventually, serving

APP = """
import os
import sys
from fastapi import FastAPI

app = FastAPI()

@app.get("/")
async def read():
    caller = sys._getframe(1).f_code.co_filename
    return {"pid": os.getpid(), "compiled": caller.rpartition("/")[2].startswith("<evenflow fastpath")}

def create_app():
    import asyncio
    asyncio.get_running_loop()
    return app
"""
"""Its endpoint tells who has called it: the code that was written for it, or FastAPI's."""

COMPILED = "Compiled: 1 of 1 routes.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


def test_run_compiles_the_routes_of_an_app_that_is_left_as_it_is(folder: Path) -> None:
    with serving("run", "main:app", cwd=folder) as server:
        assert server.get("/").json()["compiled"] is True

    assert server.output().count(COMPILED) == 1


def test_run_compiles_what_a_factory_makes_in_the_loop(folder: Path) -> None:
    with serving("run", "main:create_app", "--factory", cwd=folder) as server:
        assert server.get("/").json()["compiled"] is True

    assert server.output().count(COMPILED) == 1


@pytest.mark.slow
def test_run_compiles_in_every_process_and_says_so_once(folder: Path) -> None:
    with serving("run", "main:app", "--workers", "2", cwd=folder) as server:
        answers: dict[int, bool] = {}

        def both_have_answered() -> bool:
            answer = server.client.get("/", headers={"Connection": "close"}).json()
            answers[answer["pid"]] = answer["compiled"]
            return len(answers) == 2

        eventually(both_have_answered)

    assert set(answers.values()) == {True}
    assert server.output().count(COMPILED) == 1


def test_the_environment_turns_it_off_and_the_start_says_so(folder: Path) -> None:
    with serving("run", "main:app", cwd=folder, env={"EVENFLOW_FASTPATH": "off"}) as server:
        assert server.get("/").json()["compiled"] is False

    assert "The fast path is off: EVENFLOW_FASTPATH is off.\n" in server.output()


@pytest.mark.parametrize(("options", "compiled"), [("", True), (", fastpath=False", False)])
def test_what_an_app_says_with_evenflow_holds(folder: Path, options: str, compiled: bool) -> None:
    with (folder / "main.py").open("a") as file:
        file.write(f"\nfrom evenflow import Evenflow\nEvenflow(app{options})\n")

    with serving("run", "main:app", cwd=folder) as server:
        assert server.get("/").json()["compiled"] is compiled

    said = COMPILED if compiled else "The fast path is off: the app is made with Evenflow(app, fastpath=False).\n"
    assert server.output().count(said) == 1


def test_a_mounted_app_is_compiled_and_counted_and_one_that_is_not_is_told(folder: Path) -> None:
    more = """
from evenflow import uncompiled

outer = FastAPI()
outer.mount("/inner", app)
outer.get("/slowly")(uncompiled(create_app))
"""
    (folder / "main.py").write_text(APP + more)

    with serving("run", "main:outer", cwd=folder) as server:
        assert server.get("/inner/").json()["compiled"] is True

    assert "Compiled: 1 of 2 routes; evenflow check says why not the others.\n" in server.output()


def test_an_app_that_is_none_of_fastapis_is_served_as_it_is(folder: Path) -> None:
    more = """
async def wrapped(scope, receive, send):
    await app(scope, receive, send)
"""
    (folder / "main.py").write_text(APP + more)

    with serving("run", "main:wrapped", cwd=folder) as server:
        assert server.get("/").json()["compiled"] is False

    assert "ompiled" not in server.output()
    assert "fast path" not in server.output()


def test_an_app_without_fastapi_is_served_without_it(folder: Path) -> None:
    (folder / "bare.py").write_text(
        """
import sys

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fastapi" if "fastapi" in sys.modules else b"none"})
"""
    )

    with serving("run", "bare:app", cwd=folder) as server:
        assert server.get("/").text == "none"


@pytest.mark.slow
def test_dev_compiles_again_after_each_change_and_tells_what_is_broken(folder: Path) -> None:
    main = folder / "main.py"
    moments = iter(range(10, 1000, 10))

    def change(text: str, fact: Callable[[], bool]) -> None:
        # The reloader does not see what was changed before it has looked at the files that it started with.
        for _ in range(4):
            main.write_text(text)
            later = main.stat().st_mtime + next(moments)
            os.utime(main, (later, later))  # file systems may keep whole seconds only
            with suppress(AssertionError):
                eventually(fact, within=6)
                return
        raise AssertionError("the change was not seen")

    with serving("dev", "main:app", cwd=folder) as server:
        first = server.get("/").json()
        assert first["compiled"] is True

        change("app = None + 1\n", lambda: "TypeError: unsupported operand" in server.output())
        assert "    app = None + 1\n" in server.output()

        renamed = APP.replace("app = FastAPI()", "app = api = FastAPI()") + "\ndel app\n"
        said = "Error loading ASGI app. main:app: main has no 'app'. It has main:api.\n"
        change(renamed, lambda: said in server.output())

        change(APP, lambda: _answers(server.url))
        again = server.get("/").json()
        assert again["compiled"] is True
        assert again["pid"] != first["pid"]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_an_error_of_a_factory_is_told_with_its_line(folder: Path) -> None:
    (folder / "main.py").write_text("def create_app():\n    return {}['missing']\n")

    done = command("run", "main:create_app", "--factory", "--port", "0", cwd=folder)

    assert done.returncode != 0
    assert "return {}['missing']" in done.stderr
    assert "KeyError: 'missing'" in done.stderr


@pytest.mark.slow
def test_the_process_that_starts_others_stays_free_of_the_app(folder: Path) -> None:
    (folder / "main.py").write_text(APP + "\nfrom pathlib import Path\nPath(f'imported-{os.getpid()}').touch()\n")

    with serving("run", "main:app", "--workers", "2", cwd=folder) as server:
        server.get("/")

    assert not (folder / f"imported-{server.process.pid}").exists()
