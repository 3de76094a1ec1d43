from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evenflow.guard.catalogue import Catalogue
from evenflow.guard.steps.importing import AfterImport
from evenflow.guard.steps.wrapped import Wrapping
from tests.guard.steps.conftest import found

SOURCE = """
def fetch():
    return "fetched"

def crunch(number):
    return sum(range(number))

class Client:
    def get(self):
        return "got"

    @staticmethod
    def ping():
        return "pong"

    async def aget(self):
        return "awaited"

def wrapper_of_own():
    return fetch()
"""
CATALOGUE = Catalogue(
    [
        {
            "calls": [
                {"names": ["slowbox.fetch", "slowbox.Client.*"], "class": "waits", "fix": "use slowbox.aio"},
                {"names": ["slowbox.crunch"], "class": "cpu", "fix": "a process"},
            ]
        }
    ]
)


@pytest.fixture
def slowbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "slowbox.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "slowbox", raising=False)
    wrapping = Wrapping(CATALOGUE)
    finder = AfterImport(wrapping.packages.__contains__, wrapping.imported)
    finder.install()
    try:
        yield __import__("slowbox")
    finally:
        finder.uninstall()
        wrapping.uninstall()


def calls(slowbox: ModuleType, body: Any) -> list[tuple[str, str, bool]]:
    async def main() -> None:
        result = body(slowbox)
        if hasattr(result, "__await__"):
            await result

    hits = found(main(), catalogue=CATALOGUE)
    return [(hit.finding.call, hit.finding.fix, hit.fails) for hit in hits]


def test_a_function_of_the_catalogue_is_known_by_its_name(slowbox: Any) -> None:
    assert calls(slowbox, lambda box: box.fetch()) == [("slowbox.fetch", "use slowbox.aio", True)]


def test_every_method_of_a_class_is_known(slowbox: Any) -> None:
    assert calls(slowbox, lambda box: box.Client().get()) == [("slowbox.Client.get", "use slowbox.aio", True)]


def test_a_static_method_stays_one(slowbox: Any) -> None:
    assert slowbox.Client().ping() == "pong"
    assert calls(slowbox, lambda box: box.Client.ping()) == [("slowbox.Client.ping", "use slowbox.aio", True)]


def test_a_coroutine_function_is_left_alone(slowbox: Any) -> None:
    assert calls(slowbox, lambda box: box.Client().aget()) == []


def test_little_work_is_none(slowbox: Any) -> None:
    assert calls(slowbox, lambda box: box.crunch(100)) == []


def test_work_of_some_milliseconds_is_known(slowbox: Any) -> None:
    assert calls(slowbox, lambda box: box.crunch(400_000)) == [("slowbox.crunch", "a process", True)]


def test_what_a_package_calls_itself_is_told_of_the_programs_line(slowbox: Any) -> None:
    [(call, _, fails)] = calls(slowbox, lambda box: box.wrapper_of_own())

    assert (call, fails) == ("slowbox.fetch", True)


def test_outside_of_a_loop_nothing_is_told_and_the_answer_is_the_same(slowbox: Any) -> None:
    assert slowbox.fetch() == "fetched"


def test_the_originals_come_back(slowbox: Any) -> None:
    wrapping = Wrapping(CATALOGUE)
    before = slowbox.fetch
    wrapping.install()
    assert slowbox.fetch is not before

    wrapping.uninstall()

    assert slowbox.fetch is before
