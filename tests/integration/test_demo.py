"""`evenflow demo`: one command from nothing to an API with users in it."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.servers import command, serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        users: int = connection.execute("SELECT count(*) FROM users").fetchone()[0]
    return users


def test_the_demo_serves_users(folder: Path) -> None:
    with serving("demo", cwd=folder, answers="/users/1") as server:
        assert server.get("/users/10000").json()["id"] == 10_000
        assert [user["id"] for user in server.get("/users?limit=3").json()] == [1, 2, 3]
        assert server.get("/docs").status_code == 200
        assert server.stop() == 0


def test_the_demo_says_what_to_try(folder: Path) -> None:
    with serving("demo", cwd=folder, answers="/users/1") as server:
        said = server.output()

    assert "Made 10,000 users in evenflow-demo.db" in said
    for path in ("/users/1", "/users?limit=3", "/data"):
        assert f"curl '{server.url}{path}'" in said
    assert f"{server.url}/docs" in said


@pytest.mark.slow
def test_the_demo_makes_its_users_once(folder: Path) -> None:
    with serving("demo", "--database", "mine.db", cwd=folder, answers="/users/1") as server:
        server.client.post("/users", json={"name": "New", "email": "new@example.com"}).raise_for_status()
    with serving("demo", "--database", "mine.db", cwd=folder, answers="/users/1") as server:
        assert "Using the users in mine.db" in server.output()

    assert count(folder / "mine.db") == 10_001


def test_a_taken_port_is_told_before_anything_is_made(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("demo", "--port", str(port), cwd=folder)

    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken" in done.stderr
    assert "--port" in done.stderr
    assert not (folder / "evenflow-demo.db").exists()


@pytest.mark.parametrize("path", ["nowhere/demo.db", "text.db"])
def test_a_file_that_cannot_be_used_is_a_sentence(folder: Path, path: str) -> None:
    (folder / "text.db").write_text("this is no database\n" * 100)

    done = command("demo", "--port", "0", "--database", path, cwd=folder)

    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert done.stderr.startswith(f"evenflow: The demo cannot use {path}: ")


def test_a_path_with_signs_that_mean_something_in_a_url_is_a_path(folder: Path) -> None:
    with serving("demo", "--database", "50% of #users?.db", cwd=folder, answers="/users/1") as server:
        assert server.get("/users/1").status_code == 200

    assert count(folder / "50% of #users?.db") == 10_000
