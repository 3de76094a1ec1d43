"""The rules of the house, as tests. CONTRIBUTING.md says why each is there."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import evenflow.errors

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "evenflow").rglob("*.py"))
FORBIDDEN = {"utils", "common", "helpers", "base", "core", "manager", "misc", "service", "handler"}
PRIVATE_FOLDERS = ("database/statement/", "fastpath/upstream/")
"""The one folder each that may use the private names of SQLAlchemy, and of FastAPI and Starlette."""
PRIVATE_DRIVERS = {
    "database/drivers/mysql/by_asyncmy.py",
    "database/drivers/mysql/by_aiomysql.py",
    "database/drivers/postgres/ending.py",
}
"""The one file for each library that may use that library's: neither of the first two tells in public whether a
connection is lost, and asyncpg ends what runs on the server for cancelled tasks only."""
FOREIGN_PRIVATES = {"_current_frames", "_getframe", "_replace"}
"""Names of others that look private and are documented: two of `sys`, and a named tuple's `_replace`."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "src" / "evenflow").as_posix()


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


each_source = pytest.mark.parametrize("path", SOURCES, ids=name_of)


@each_source
def test_a_file_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@each_source
def test_a_file_is_named_for_the_thing_it_defines(path: Path) -> None:
    names = {part.removesuffix(".py") for part in path.relative_to(ROOT / "src").parts}

    assert not names & FORBIDDEN


@each_source
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def hot_marks() -> list[tuple[str, str]]:
    found = [(name_of(path), mark) for path in SOURCES for mark in re.findall(r"# hot: (\w+)", path.read_text())]
    return sorted(set(found))


@pytest.mark.parametrize(("file", "benchmark"), hot_marks())
def test_what_is_hot_has_a_benchmark_to_prove_it(file: str, benchmark: str) -> None:
    assert benchmark.startswith("bench_")
    assert (ROOT / "benchmarks" / f"{benchmark}.py").is_file()


def own_names() -> set[str]:
    """Every private name that Evenflow's own code defines."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
    return found


def privates_used(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if is_private(name):
                yield node.lineno, name
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]) if is_private(name):
                yield node.lineno, name
            case ast.ImportFrom(module=str(module), names=names) if not module.startswith("evenflow"):
                imported = [*module.split("."), *(alias.name for alias in names)]
                yield from ((node.lineno, name) for name in imported if is_private(name) and name != "_typeshed")


def test_private_names_of_libraries_are_used_in_the_places_for_them() -> None:
    own = own_names() | FOREIGN_PRIVATES
    foreign = [
        f"{name_of(path)}:{line} {name}"
        for path in SOURCES
        if not name_of(path).startswith(PRIVATE_FOLDERS) and name_of(path) not in PRIVATE_DRIVERS
        for line, name in privates_used(ast.parse(path.read_text()))
        if name not in own
    ]

    assert not foreign


def test_the_rule_about_private_names_would_notice_one() -> None:
    tree = ast.parse("compiled._result_columns\ngetattr(x, '_key')\nfrom sqlalchemy.engine import _py_row")

    assert {name for _, name in privates_used(tree)} == {"_result_columns", "_key", "_py_row"}


@each_source
def test_nothing_is_unpickled(path: Path) -> None:
    # A row can be pickled by its `__reduce__`; reading a pickle runs whatever its author likes.
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }

    assert not imported & {"pickle", "cPickle", "marshal", "shelve", "dill"}


@each_source
def test_what_silences_a_checker_gives_its_reason(path: Path) -> None:
    silencers = [line for line in path.read_text().splitlines() if re.search(r"# (type: ignore|noqa|pragma:)", line)]
    with_reason = r"# (type: ignore\[[\w-]+\]|noqa: [A-Z0-9, ]+|pragma: no cover)\s+(#|--?)\s*\S+ \S+"

    assert [line.strip() for line in silencers if not re.search(with_reason, line)] == []


ERRORS = [value for value in vars(evenflow.errors).values() if inspect.isclass(value) and issubclass(value, Exception)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_says_what_happened(error: type[evenflow.errors.EvenflowError]) -> None:
    assert "__doc__" in vars(error)
    first = str(error.__doc__).splitlines()[0]

    assert first.endswith(".")
    assert str(error()) == first


def test_the_tree_in_errors_py_shows_every_error() -> None:
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+)", str(evenflow.errors.__doc__), re.MULTILINE)

    assert {error.__name__ for error in ERRORS} <= set(drawn)
