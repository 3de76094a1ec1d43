"""`evenflow check`, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.servers import EVENFLOW, command, environment

APP = """
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from evenflow import uncompiled

print("imported")

@asynccontextmanager
async def lifespan(app):
    Path("started").touch()
    yield

class User(BaseModel):
    id: int
    name: str

class Short(BaseModel):
    name: str = Field(max_length=20)

app = FastAPI(lifespan=lifespan)
app.add_middleware(GZipMiddleware)

@app.middleware("http")
async def timing(request: Request, call_next):
    return await call_next(request)

@app.get("/users/{id}", response_model=User)
async def read_user(id: int):
    return {"id": id, "name": "Ada"}

@app.get("/users/me")
async def me():
    return 1

@app.get("/users")
async def users() -> list[User]:
    return []

@app.post("/shorts", response_model=list[Short])
@uncompiled
def shorts():
    return []

router = APIRouter(prefix="/nested")

@router.get("/things")
async def things():
    return []

app.include_router(router)
inner = FastAPI()

@inner.get("/things/{name}")
async def inner_thing(name: str):
    return name

app.mount("/inner", inner)

def create_app():
    import asyncio
    asyncio.get_running_loop()
    return app
"""

PATCHED = """
import fastapi.routing as routing
from fastapi import FastAPI

stock = routing.{function}

{how}def replaced(*args, **kwargs):
    return {what}

routing.{function} = replaced
app = FastAPI()
app.get("/one")(lambda: 1)
app.get("/two")(lambda: 2)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


def checked(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """What `evenflow check` prints."""
    done = subprocess.run(
        [*EVENFLOW, "check", *arguments],
        cwd=folder,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is printed of the app above."""
    folder = tmp_path_factory.mktemp("said")
    (folder / "main.py").write_text(APP)
    return checked(folder, "main:app")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What `--json` gives of it."""
    folder = tmp_path_factory.mktemp("found")
    (folder / "main.py").write_text(APP)
    return json.loads(checked(folder, "main:app", "--json"))


def line_of(said: str, word: str) -> list[str]:
    """The words of the one line that has `word` in it."""
    (line,) = [line for line in said.splitlines() if word in line]
    return line.split()


def at(function: str) -> str:
    """Where a function's first line is."""
    lines = APP.splitlines()
    place = next(number for number, line in enumerate(lines) if f"def {function}(" in line)
    while lines[place - 1].startswith("@"):
        place -= 1
    return f"main:{place + 1}"


def test_every_route_is_told_with_what_became_of_it(said: str) -> None:
    assert line_of(said, "GET      /users/{id}") == ["GET", "/users/{id}", at("read_user"), "yes"]
    assert line_of(said, "/shorts") == ["POST", "/shorts", at("shorts"), "no:", "it", "is", "marked", "@uncompiled"]
    assert line_of(said, "/nested/things") == ["GET", "/nested/things", at("things"), "yes"]
    assert "4 of 5 routes are compiled." in said
    assert said.index("/users/{id}") < said.index("/users/me") < said.index("/shorts") < said.index("/nested/things")


def test_a_mounted_app_is_told_with_whole_paths(said: str) -> None:
    inner = said.partition("main:app, mounted at /inner")[2]

    assert line_of(inner, "{name}") == ["GET", "/inner/things/{name}", at("inner_thing"), "yes"]
    assert "1 of 1 routes are compiled." in inner


def test_what_stands_in_front_is_told_with_what_it_costs(said: str, found: Any) -> None:
    first, second = found["middlewares"]

    assert "In front of them, the outermost first: main.timing (a BaseHTTPMiddleware: such a layer adds " in said
    assert (first["name"], second["name"]) == ("main.timing", "starlette.middleware.gzip.GZipMiddleware")
    assert first["microseconds"] > 1
    assert second["microseconds"] is None


def test_a_route_that_is_never_reached_is_told(said: str) -> None:
    assert f"GET /users/me ({at('me')}) is never reached: GET /users/{{id}} answers." in said
    assert said.count("never reached") == 1


def test_models_of_rows_are_told_with_whether_they_are_written_directly(said: str) -> None:
    assert "Rows of main.User as JSON: yes\n" in said
    assert "Rows of main.Short as JSON: no. Field 'name' has a constraint or a serializer (max_length).\n" in said


def test_the_app_is_not_started(folder: Path) -> None:
    checked(folder, "main:app")

    assert not (folder / "started").exists()


def test_json_says_the_same(found: Any) -> None:
    about_the_app = ["app", "at", "off", "compiled", "of", "routes", "middlewares", "models", "mounted"]
    assert list(found) == [*about_the_app, "blocking"]
    assert (found["app"], found["off"], found["compiled"], found["of"]) == ("main:app", None, 4, 5)
    routes = {route["path"]: route for route in found["routes"] if route["kind"] == "route"}
    assert routes["/users/me"] == {
        "methods": ["GET"],
        "path": "/users/me",
        "endpoint": at("me"),
        "compiled": True,
        "reason": None,
        "unreachable_behind": ["GET /users/{id}"],
        "kind": "route",
    }
    assert routes["/shorts"]["reason"] == "it is marked @uncompiled"
    assert found["models"][0] == {"model": "main.User", "rows_as_json": True, "reason": None}
    (inner,) = found["mounted"]
    assert (inner["at"], inner["compiled"], inner["of"]) == ("/inner", 1, 1)


def test_each_kind_of_route_is_named(found: Any) -> None:
    kinds = {route["path"]: route["kind"] for route in found["routes"]}

    assert (kinds["/docs"], kinds["/users"], kinds["/inner/{path:path}"]) == ("page", "route", "mount")


@pytest.mark.parametrize(
    "name", ["GET /users/{id}", "get /users/{id}", "GET /inner/things/{name}", "GET /nested/things"]
)
def test_the_code_of_a_route_is_shown_as_plain_text_where_no_terminal_is(folder: Path, name: str) -> None:
    said = checked(folder, "main:app", "--show-code", name)

    assert said.startswith("async def answer(scope, receive, send, path_params):\n")
    compile(said, "shown", "exec")


def test_the_code_of_a_route_is_coloured_on_a_terminal(folder: Path) -> None:
    ours, theirs = os.openpty()
    colours = {name: value for name, value in environment().items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    subprocess.run(
        [*EVENFLOW, "check", "main:app", "--show-code", "GET /users/{id}"],
        cwd=folder,
        env=colours,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    said = os.read(ours, 65_536).decode()
    os.close(ours)

    assert "\x1b[" in said
    assert "answer" in said


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("GET /user/{id}", "There is no route 'GET /user/{id}'. Did you mean 'GET /users/{id}'"),
        ("/users/{id}", "There is no route '/users/{id}'. Did you mean 'GET /users/{id}'?"),
        ("POST /users/{id}", "There is no route 'POST /users/{id}'. Did you mean 'GET /users/{id}'?"),
        ("x", "There is no route 'x'. evenflow check lists those there are; write the method and the path"),
        ("POST /shorts", "POST /shorts has no code of its own: it is marked @uncompiled."),
    ],
)
def test_code_that_is_not_there_is_refused_with_what_is_near(folder: Path, name: str, sentence: str) -> None:
    done = command("check", "main:app", "--show-code", name, cwd=folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"evenflow: {sentence}" in done.stderr


def test_a_factory_is_called_in_a_loop_as_a_server_does(folder: Path) -> None:
    assert "4 of 5 routes are compiled." in checked(folder, "main:create_app", "--factory")


def test_a_module_is_found_in_app_dir(folder: Path) -> None:
    (folder / "elsewhere").mkdir()

    assert "4 of 5 routes are compiled." in checked(folder / "elsewhere", "main:app", "--app-dir", str(folder))


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("main:api", "main:api: main has no 'api'. It has main:app, main:router, main:inner."),
        ("main:create_app", "main:create_app is not an app but makes one: add --factory."),
        ("other:app", "other:app is of type Starlette: evenflow check looks at FastAPI apps."),
    ],
)
def test_what_cannot_be_checked_is_answered_with_one_sentence(folder: Path, target: str, sentence: str) -> None:
    (folder / "other.py").write_text("from starlette.applications import Starlette\napp = Starlette()\n")

    done = command("check", target, cwd=folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"evenflow: {sentence}\n")


def test_that_the_whole_fast_path_is_off_is_told_first(folder: Path) -> None:
    said = checked(folder, "main:app", env={"EVENFLOW_FASTPATH": "off"})

    assert said.splitlines()[1] == ("THE FAST PATH IS OFF, FastAPI serves this app alone: EVENFLOW_FASTPATH is off.")
    assert "4 of 5 routes would be compiled." in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "import fastapi, evenflow\napp = fastapi.FastAPI()\nevenflow.Evenflow(app, fastpath=False)\n",
            "THE FAST PATH IS OFF, FastAPI serves this app alone: the app is made with Evenflow(app, fastpath=False).",
        ),
        (
            PATCHED.format(function="_build_response_args", how="", what="stock(*args, **kwargs)"),
            "NO ROUTE IS COMPILED, all 2 for one reason: fastapi.routing._build_response_args was replaced by other.",
        ),
        (
            PATCHED.format(function="APIRoute.matches", how="", what="stock(*args, **kwargs)"),
            "THE FAST PATH IS OFF, FastAPI serves this app alone: "
            "fastapi.routing.APIRoute.matches was replaced by other.",
        ),
    ],
)
def test_what_makes_every_route_fall_back_is_told_first(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "other.py").write_text(text)

    assert checked(tmp_path, "other:app").splitlines()[1] == sentence


def test_an_error_in_the_users_module_keeps_its_traceback(folder: Path) -> None:
    (folder / "main.py").write_text("1 / 0\n")

    done = command("check", "main:app", cwd=folder)

    assert done.returncode == 1
    assert "    1 / 0" in done.stderr


def test_what_the_app_prints_is_not_part_of_what_is_printed(folder: Path, said: str) -> None:
    assert said.startswith("main:app\n")
    assert "imported" in command("check", "main:app", cwd=folder).stderr
