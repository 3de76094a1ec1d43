"""The examples, over real HTTP: what they promise, and that `article.py` needs nothing but another import."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.integration.servers import EXAMPLE, Server, serving
from tests.needed import needs

NAMES = ["Ada", "Grace ♥", 'a "quoted" name', "", None]


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """article.py as it stands, with a few users."""
    folder = copied_article(tmp_path_factory.mktemp("article"), "evenflow")
    with serving("run", "article:app", cwd=folder, answers="/users") as server:
        yield server


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """main.py on a new database."""
    folder = tmp_path_factory.mktemp("main")
    with serving("run", "main:app", "--app-dir", EXAMPLE, cwd=folder, answers="/users") as server:
        yield server


def copied_article(folder: Path, library: str) -> Path:
    """`folder` with the article's program, its import switched to `library`, and a database with users."""
    text = (EXAMPLE / "article.py").read_text()
    assert text.count("from evenflow import Database") == 1
    (folder / "article.py").write_text(text.replace("from evenflow import", f"from {library} import"))
    with closing(sqlite3.connect(folder / "test.db")) as connection, connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR)")
        connection.executemany("INSERT INTO users (name) VALUES (?)", [(name,) for name in NAMES])
    return folder


def created(main: Server, name: str, credits: int = 0) -> int:
    body = {"name": name, "email": f"{name}@example.com", "credits": credits}
    answer = main.client.post("/users", json=body)
    assert answer.status_code == 201, answer.text
    user_id: int = answer.json()["id"]
    return user_id


def test_the_article_lists_its_users(article: Server) -> None:
    assert article.get("/users").json() == [{"id": number, "name": name} for number, name in enumerate(NAMES, 1)]


def test_the_article_answers_one_user_or_404(article: Server) -> None:
    assert article.get("/users/1").json() == {"id": 1, "name": "Ada"}
    assert article.get("/users/99").status_code == 404


def test_the_article_makes_its_table_in_a_new_database(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "article.py", tmp_path)

    with serving("run", "article:app", cwd=tmp_path, answers="/users") as server:
        assert server.get("/users").json() == []


def test_the_article_answers_the_same_bytes_with_either_import(article: Server, tmp_path: Path) -> None:
    found = importlib.util.find_spec("databases") and importlib.util.find_spec("aiosqlite")
    needs("encode/databases", there=bool(found), otherwise="pip install 'databases[aiosqlite]'")

    with serving("run", "article:app", cwd=copied_article(tmp_path, "databases"), answers="/users") as original:
        for path in ("/users", "/users/1", "/users/99"):
            theirs, ours = original.get(path), article.get(path)
            assert (theirs.status_code, theirs.content) == (ours.status_code, ours.content)


@pytest.mark.slow
def test_a_hundred_clients_of_data_wait_two_seconds_together(article: Server) -> None:
    async def all_of_them() -> list[int]:
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=article.url, limits=limits, timeout=30) as client:
            answers = await asyncio.gather(*(client.get("/data") for _ in range(100)))
        return [answer.status_code for answer in answers]

    began = time.monotonic()
    statuses = asyncio.run(all_of_them())
    took = time.monotonic() - began

    assert statuses == [200] * 100
    assert 2 <= took < 6


def test_a_user_is_created_with_a_location(main: Server) -> None:
    answer = main.client.post("/users", json={"name": "Ada", "email": "location@example.com"})

    assert answer.status_code == 201
    assert main.get(answer.headers["location"]).json() == answer.json()


def test_an_address_that_is_taken_is_a_409(main: Server) -> None:
    created(main, "twice")

    answer = main.client.post("/users", json={"name": "another", "email": "twice@example.com"})

    assert (answer.status_code, answer.json()) == (
        409,
        {"detail": "There is a user with the address twice@example.com"},
    )


def test_a_user_that_does_not_fit_is_a_422(main: Server) -> None:
    assert main.client.post("/users", json={"name": "", "email": "nowhere"}).status_code == 422


def test_a_user_that_is_not_there_is_a_404(main: Server) -> None:
    assert main.get("/users/999999").status_code == 404


def test_pages_follow_each_other_without_gaps(main: Server) -> None:
    for number in range(5):
        created(main, f"page{number}")
    everyone = [user["id"] for user in main.get("/users?limit=100").json()]

    first = [user["id"] for user in main.get("/users?limit=2").json()]
    second = [user["id"] for user in main.get(f"/users?limit=2&after={first[-1]}").json()]

    assert first + second == everyone[:4]


def test_a_page_has_a_limit(main: Server) -> None:
    assert main.get("/users?limit=101").status_code == 422


def test_a_transfer_changes_both_users(main: Server) -> None:
    giver, taker = created(main, "giver", credits=10), created(main, "taker")

    answer = main.client.post(f"/users/{giver}/transfer", json={"to": taker, "credits": 4})

    assert (answer.status_code, answer.json()["credits"]) == (200, 6)
    assert main.get(f"/users/{taker}").json()["credits"] == 4


def test_a_transfer_to_nobody_changes_nothing(main: Server) -> None:
    giver = created(main, "generous", credits=10)

    answer = main.client.post(f"/users/{giver}/transfer", json={"to": 999999, "credits": 4})

    assert answer.status_code == 404
    assert main.get(f"/users/{giver}").json()["credits"] == 10


def test_more_than_one_has_cannot_be_transferred(main: Server) -> None:
    giver, taker = created(main, "poor", credits=3), created(main, "hopeful")

    answer = main.client.post(f"/users/{giver}/transfer", json={"to": taker, "credits": 4})

    assert (answer.status_code, answer.json()) == (409, {"detail": f"User {giver} has only 3 credits"})


def test_the_export_is_every_user_a_line(main: Server) -> None:
    created(main, "exported")

    with main.client.stream("GET", "/users.jsonl") as answer:
        exported = [json.loads(line) for line in answer.iter_lines()]

    assert exported == main.get("/users?limit=100").json()


def test_the_openapi_page_describes_the_users(main: Server) -> None:
    paths = main.get("/openapi.json").json()["paths"]

    assert {"/users", "/users/{user_id}", "/users.jsonl", "/users/{user_id}/transfer", "/data"} == set(paths)
