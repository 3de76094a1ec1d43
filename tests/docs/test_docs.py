"""What the pages say is so: their programs run, their commands exist, their links lead somewhere.

A Python block whose first line is `# some/file.py` is that file, and is imported as a program would import it. All
other Python blocks of a page run in order in one namespace with `await` at the top, as in `python -m asyncio`.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import shlex
import sys
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from pathlib import Path
from types import CodeType
from typing import Any
from uuid import uuid4

import pytest
import typer
from benchmarks import readme
from benchmarks.__main__ import BENCHMARKS
from fastapi import Depends

import evenflow.errors
from evenflow.cli import commands
from evenflow.cli.checking.findings import AppFindings, MiddlewareFinding, RouteFinding, RowsFinding
from evenflow.database.drivers.mysql.settings import MysqlSettings
from evenflow.database.drivers.postgres.settings import PostgresSettings
from evenflow.database.drivers.sqlite.settings import SqliteSettings
from tests.database_servers import mysql_database, postgres_database
from tests.docs.pages import PAGES, ROOT, Block, anchors, blocks, links, prose, rows

with warnings.catch_warnings():
    # The newest Starlette would rather have httpx2; with httpx the client works as well, and says so.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory to work in. Modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def written(block: Block, folder: Path) -> Path:
    assert block.file is not None
    path = folder / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text)
    return path


def compiled(block: Block, page: Path) -> CodeType:
    # Blank lines in front, so that an error names the line of the page.
    return compile("\n" * (block.line - 1) + block.text, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def run_in(namespace: dict[str, Any], code: CodeType) -> None:
    result = eval(code, namespace)
    if inspect.isawaitable(result):
        await result


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python") and page.name != "alembic.md"], ids=lambda page: page.name
)
def test_the_python_of_a_page_runs(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with database_of(page) as url:
        if url is not None:
            monkeypatch.setenv("DATABASE_URL", url)
        run_blocks(page, folder)


@contextmanager
def database_of(page: Path) -> Iterator[str | None]:
    """An empty database on the server that the page is about."""
    make = {"postgresql.md": postgres_database, "mysql.md": mysql_database}.get(page.name)
    if make is None:
        yield None
        return
    with make(f"evenflow_docs_{uuid4().hex[:8]}") as url:
        yield url


def run_blocks(page: Path, folder: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        for block in blocks(page, "python"):
            if block.file:
                path = written(block, folder)
                __import__(path.relative_to(folder).with_suffix("").as_posix().replace("/", "."))
            else:
                runner.run(run_in(namespace, compiled(block, page)))


def test_every_block_says_its_language() -> None:
    without = [f"{page.name}:{block.line}" for page in PAGES for block in blocks(page, "", "py", "bash", "console")]

    assert not without, "write ```python, ```sh, ```text or ```diff"


def test_the_program_of_the_readme_is_an_api(folder: Path) -> None:
    program, _ = blocks(ROOT / "README.md", "python")
    written(program, folder)
    main = __import__("main")

    with TestClient(main.app) as client:
        assert client.get("/users").json() == []
        assert client.post("/users", json={"name": "Ada"}).json() == {"name": "Ada", "id": 1}
        assert client.get("/users").json() == [{"name": "Ada", "id": 1}]
        assert client.post("/users", json={}).status_code == 422


def test_a_dependency_of_the_serving_page_is_one_transaction(folder: Path) -> None:
    written(next(block for block in blocks(ROOT / "docs" / "serving.md", "python") if block.file == "main.py"), folder)
    main = __import__("main")

    async def broken(notes=Depends(main.in_one_transaction, scope="function")):  # noqa: B008 - FastAPI reads it there
        await notes.execute("INSERT INTO notes (text) VALUES ('lost')")
        raise KeyError

    main.app.post("/broken")(broken)
    open_at_answer = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def watching(message: Any) -> None:
            if message["type"] == "http.response.start":
                open_at_answer.append(len(main.db.statistics().holders))
            await send(message)

        await main.app(scope, receive, watching)

    with TestClient(watched, raise_server_exceptions=False) as client:
        assert client.post("/broken").status_code == 500
        assert client.post("/notes", params={"text": "kept"}).json() == 1
    assert open_at_answer == [0, 0]


# Alembic


def test_alembic_migrates_beside_evenflow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import alembic.config

    page = ROOT / "docs" / "alembic.md"
    tables, env = blocks(page, "python")
    init, each_change = blocks(page, "sh")

    def alembic_does(command: str) -> None:
        sys.modules.pop("tables", None)
        assert command.startswith("alembic ")
        alembic.config.main(argv=shlex.split(command)[1:])

    async def answered(statement: str) -> Any:
        async with evenflow.Database("sqlite:///app.db") as db:
            return await db.fetch_all(statement)

    written(tables, folder)
    alembic_does(init.text)
    written(env, folder)
    for command in each_change.text.splitlines():
        alembic_does(command)
    asyncio.run(answered("INSERT INTO users (name) VALUES ('Ada')"))

    changed = tables.text.replace(
        'sa.Column("name", sa.String(100))',
        'sa.Column("name", sa.String(200), nullable=False), sa.Column("email", sa.String(200))',
    )
    assert changed != tables.text
    (folder / "tables.py").write_text(changed)
    for command in each_change.text.splitlines():
        alembic_does(command)

    assert asyncio.run(answered("SELECT * FROM users")) == [{"id": 1, "name": "Ada", "email": None}]


# Commands

OTHERS = {"uvicorn", "alembic", "gunicorn", "curl", "git", "cd", "pip", "pytest"}
"""Programs that pages mention and that are not ours to check."""


def cli() -> Any:
    return typer.main.get_command(commands())


def command_lines(page: Path) -> list[str]:
    """The commands in a page's shell blocks, and those in its text that begin with one of ours."""
    lines = [line.partition(" #")[0].strip() for block in blocks(page, "sh") for line in block.text.splitlines()]
    inline = re.findall(r"`((?:evenflow (?:run|dev|check|demo|--)|scripts/|python -m benchmarks)[^`]*)`", prose(page))
    return [line for line in lines + inline if line and "|" not in line and "…" not in line]


@each_page
def test_every_command_of_a_page_exists(page: Path) -> None:
    for line in command_lines(page):
        program, *words = shlex.split(line)
        if program == "evenflow":
            check_evenflow(words, line)
        elif program.startswith("scripts/"):
            check_script(program, words)
        elif program == "python":
            assert words[:2] == ["-m", "benchmarks.readme"], line
        else:
            assert program in OTHERS, line


def check_evenflow(words: list[str], line: str) -> None:
    if not words or words[0].startswith("-"):
        assert set(words) <= {"--help", "-h", "--version"}, line
        return
    command = cli().commands[words[0]]
    known = {"--help", "-h"}.union(*(parameter.opts for parameter in command.params))
    assert {word for word in words if word.startswith("-")} <= known, line


def check_script(program: str, words: list[str]) -> None:
    assert os.access(ROOT / program, os.X_OK), program
    if program == "scripts/bench" and words:
        assert words[0] in {*BENCHMARKS, "NAME", "--help"}
        assert {word for word in words if word.startswith("--")} <= {"--seconds", "--rounds", "--smoke", "--help"}


def test_every_script_is_in_the_contributing_page() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()

    assert [script.name for script in (ROOT / "scripts").iterdir() if f"scripts/{script.name}`" not in text] == []


def test_every_option_of_the_command_line_is_in_the_serving_page() -> None:
    page = ROOT / "docs" / "serving.md"
    documented = {
        (option.strip("`"), command)
        for option, where, *_ in rows(page, "option")
        for command in (cli().commands if where == "all" else where.split(", "))
    }
    real = {
        (option, name)
        for name, command in cli().commands.items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }

    assert documented == real


def test_the_defaults_of_the_serving_page_are_the_real_ones() -> None:
    defaults = {
        option.strip("`"): default.strip("`") for option, _, default, _ in rows(ROOT / "docs/serving.md", "option")
    }

    for command in cli().commands.values():
        for parameter in command.params:
            said = defaults.get(parameter.opts[0])
            if said is not None and not said.startswith("--"):
                real = {None: "", False: "off"}.get(parameter.default, str(parameter.default))
                assert said == real, parameter.opts


def test_the_keys_of_a_check_are_those_of_the_serving_page() -> None:
    kinds = {"app": AppFindings, "route": RouteFinding, "middleware": MiddlewareFinding, "model": RowsFinding}
    documented = {
        (key, kind) for keys, kind, _ in rows(ROOT / "docs/serving.md", "key") for key in re.findall(r"\w+", keys)
    }

    real = {(each.name, kind) for kind, finding in kinds.items() for each in fields(finding)}
    assert documented == real | {("app", "the object")}


# Options, errors, names


@pytest.mark.parametrize(
    ("page", "settings"), [("sqlite", SqliteSettings), ("postgresql", PostgresSettings), ("mysql", MysqlSettings)]
)
def test_the_options_of_a_page_are_those_of_its_settings(page: str, settings: type[SqliteSettings]) -> None:
    documented = {
        name.strip("`"): (default, meaning) for name, default, meaning in rows(ROOT / f"docs/{page}.md", "option")
    }

    assert list(documented) == [each.name for each in fields(settings)]
    for each in fields(settings):
        default, meaning = documented[each.name]
        assert meaning == each.metadata["help"]
        assert each.default is not MISSING
        if each.name != "readers":  # its default depends on the machine
            assert default == str(each.default)


def test_the_errors_of_the_sqlite_page_are_all_there_are() -> None:
    documented = [name.strip("`") for name, *_ in rows(ROOT / "docs/sqlite.md", "error")]
    real = [
        name for name, value in vars(evenflow.errors).items() if inspect.isclass(value) and issubclass(value, Exception)
    ]

    assert sorted(documented) == sorted(real)


def test_every_public_method_of_a_database_is_in_the_docs() -> None:
    text = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    methods = [name for name, value in vars(evenflow.Database).items() if callable(value) and not name.startswith("_")]
    methods += ["fetch_all", "fetch_one", "fetch_val", "fetch_json", "fetch_by_keys", "respond", "iterate"]
    methods += ["execute", "execute_many", "copy_records"]

    assert [name for name in methods if name not in text] == []


# Links, numbers


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def test_the_numbers_of_the_readme_are_those_that_were_kept() -> None:
    text = (ROOT / "README.md").read_text()

    assert f"{readme.BEGIN}\n{readme.table(readme.kept())}\n{readme.END}" in text, "run python -m benchmarks.readme"


def test_every_measured_benchmark_is_on_the_benchmarks_page() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text()

    assert [name for name in BENCHMARKS if f"scripts/bench {name}" not in text] == []


def test_the_architecture_can_be_read_in_one_sitting() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) < 200


def test_the_floors_of_the_architecture_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rooms = [
        room.strip("`").removesuffix("/").removesuffix(".py") for _, room, _ in rows(ROOT / "ARCHITECTURE.md", "floor")
    ]

    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert rooms == [room for layer in layers for room in layer.split(" | ")]
