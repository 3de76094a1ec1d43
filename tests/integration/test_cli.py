"""`evenflow run` and `evenflow dev`, in processes of their own."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from tests.integration.servers import command, eventually, serving

APP = """
import os
from contextlib import asynccontextmanager
from pathlib import Path
from fastapi import FastAPI, Request

@asynccontextmanager
async def lifespan(app):
    yield
    Path("stopped").touch()

app = FastAPI(lifespan=lifespan)
number = 42

@app.get("/")
async def read(request: Request):
    return {"pid": os.getpid(), "scheme": request.url.scheme}

def create_app():
    return app
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with an app in `main.py`."""
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


def test_run_serves_and_ends_calmly_on_sigterm(folder: Path) -> None:
    with serving("run", "main:app", cwd=folder) as server:
        assert server.get("/").status_code == 200
        assert server.stop() == 0

    assert (folder / "stopped").exists()


def test_run_says_what_differs_from_uvicorn_alone(folder: Path) -> None:
    with serving("run", "main:app", cwd=folder) as server:
        said = server.output()

    assert "Evenflow serves main:app with uvicorn" in said
    assert "access log off, proxy headers off, keep-alive 75 s" in said


def test_run_logs_no_requests_and_believes_no_proxy(folder: Path) -> None:
    with serving("run", "main:app", cwd=folder) as server:
        answer = server.client.get("/", headers={"X-Forwarded-Proto": "https"})

    assert answer.json()["scheme"] == "http"
    assert "GET /" not in server.output()


def test_run_logs_requests_and_believes_a_proxy_when_asked_to(folder: Path) -> None:
    with serving("run", "main:app", "--access-log", "--proxy-headers", cwd=folder) as server:
        answer = server.client.get("/", headers={"X-Forwarded-Proto": "https"})

    assert answer.json()["scheme"] == "https"
    assert '"GET / HTTP/1.1" 200' in server.output()


def test_run_listens_on_a_unix_socket(folder: Path) -> None:
    path = folder / "app.sock"

    with serving("run", "main:app", uds=path, cwd=folder) as server:
        assert server.get("/").status_code == 200

    assert not path.exists()


def test_run_takes_over_the_socket_of_a_server_that_was_killed(folder: Path) -> None:
    path = folder / "app.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    with serving("run", "main:app", uds=path, cwd=folder) as server:
        assert server.get("/").status_code == 200


@pytest.mark.slow
def test_run_serves_from_as_many_processes_as_asked(folder: Path) -> None:
    with serving("run", "main:app", "--workers", "2", cwd=folder) as server:
        pids: set[int] = set()

        def both_have_answered() -> bool:
            pids.add(server.client.get("/", headers={"Connection": "close"}).json()["pid"])
            return len(pids) == 2

        eventually(both_have_answered)
        assert server.process.pid not in pids
        assert server.stop() == 0


def test_run_accepts_a_factory(folder: Path) -> None:
    with serving("run", "main:create_app", "--factory", cwd=folder) as server:
        assert server.get("/").status_code == 200


def test_run_finds_a_module_in_app_dir(folder: Path) -> None:
    (folder / "elsewhere").mkdir()

    with serving("run", "main:app", "--app-dir", folder, cwd=folder / "elsewhere") as server:
        assert server.get("/").status_code == 200


@pytest.mark.slow
def test_dev_reloads_when_a_file_changes(folder: Path) -> None:
    with serving("dev", "main:app", cwd=folder) as server:
        first = server.get("/").json()["pid"]
        (folder / "main.py").write_text(APP.replace('"scheme"', '"changed": True, "scheme"'))
        later = (folder / "main.py").stat().st_mtime + 10
        os.utime(folder / "main.py", (later, later))  # file systems may keep whole seconds only

        eventually(lambda: server.get("/").json().get("changed") is True)

        assert server.get("/").json()["pid"] != first
        assert '"GET / HTTP/1.1" 200' in server.output()
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("main", "'main' does not name an app. Write module:attribute, for example main:app."),
        ("main.py:app", "'main.py' is a file; name its module instead: main:app."),
        ("mian:app", "There is no module 'mian' in {folder}. Did you mean main?"),
        ("api:app", "There is no module 'api' in {folder}. If it is somewhere else, say where with --app-dir."),
        ("main:api", "main:api: main has no 'api'. It has main:app."),
        ("main:number", "main:number is of type int, not an ASGI app."),
        ("main:create_app", "main:create_app is not an app but makes one: add --factory."),
        ("main:FastAPI", "main:FastAPI is not an app but makes one: add --factory."),
    ],
)
def test_a_wrong_target_is_answered_with_one_sentence(folder: Path, target: str, sentence: str) -> None:
    done = command("run", target, cwd=folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"evenflow: {sentence.format(folder=folder)}\n"


@pytest.mark.parametrize("arguments", [("dev",), ("run", "--workers", "2")])
def test_a_wrong_target_is_told_once_where_other_processes_serve(folder: Path, arguments: tuple[str, ...]) -> None:
    done = command(*arguments, "main:api", cwd=folder)

    assert (done.returncode, done.stderr) == (2, "evenflow: main:api: main has no 'api'. It has main:app.\n")


@pytest.mark.parametrize("line", ["1 / 0", "import a_module_that_is_not_there"])
def test_an_error_in_the_users_module_keeps_its_traceback(folder: Path, line: str) -> None:
    (folder / "main.py").write_text(f"{line}\n")

    done = command("run", "main:app", cwd=folder)

    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert f"    {line}" in done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--uds", "nowhere/app.sock"), "There is no directory nowhere for the socket nowhere/app.sock"),
        (("--uds", "main.py"), "main.py is a file, not a socket"),
        (("--app-dir", "nowhere"), "There is no directory nowhere: --app-dir names the directory that holds main."),
        (("--host", "no.such.host.invalid"), "The host 'no.such.host.invalid' is not known here"),
    ],
)
def test_a_place_that_cannot_be_used_is_named(folder: Path, options: tuple[str, ...], sentence: str) -> None:
    done = command("run", "main:app", *options, cwd=folder)

    assert done.returncode == 2
    assert done.stderr.startswith(f"evenflow: {sentence}")


def test_a_taken_port_is_named_with_another_one_to_try(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("run", "main:app", "--port", str(port), cwd=folder)

    assert done.returncode == 2
    assert re.fullmatch(rf"evenflow: Port {port} of 127\.0\.0\.1 is taken\. .* --port \d+\.\n", done.stderr)


def test_a_port_that_does_not_exist_is_refused(folder: Path) -> None:
    done = command("run", "main:app", "--port", "70000", cwd=folder)

    assert done.returncode == 2
    assert "65535" in done.stderr


def test_a_socket_that_is_in_use_is_refused(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(folder / "app.sock"))
        other.listen()
        done = command("run", "main:app", "--uds", "app.sock", cwd=folder)

    assert (done.returncode, done.stderr[:50]) == (2, "evenflow: Another server answers on app.sock. Stop")


@pytest.mark.parametrize("name", ["run", "dev", "check", "demo"])
def test_the_help_of_every_command_has_examples(tmp_path: Path, name: str) -> None:
    done = command(name, "--help", cwd=tmp_path)

    assert done.returncode == 0
    assert f"$ evenflow {name}" in done.stdout.partition("Examples")[2]


def test_evenflow_alone_shows_its_commands(tmp_path: Path) -> None:
    said = command(cwd=tmp_path)

    assert all(name in said.stdout + said.stderr for name in ("run", "dev", "check", "demo"))


def test_the_version_is_shown(tmp_path: Path) -> None:
    done = command("--version", cwd=tmp_path)

    assert (done.returncode, done.stdout.split()[0].strip(",")) == (0, "evenflow")
