"""Which files are the program."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from evenflow.guard.program import NoProgram, analyse, of_folder, of_module
from tests.guard.program.programs import calls, read, read_folder

ROUTE = """
    from fastapi import FastAPI
    {imports}
    app = FastAPI()
    @app.get("/")
    async def route(): {call}
"""
HELPER = "import time\ndef helper(): time.sleep(1)\n"
FOUND = {("GET /", "time.sleep")}


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from shop.work import helper", "helper()"),
        ("from shop.work import helper as other", "other()"),
        ("from shop import work", "work.helper()"),
        ("import shop.work", "shop.work.helper()"),
        ("import shop.work as w", "w.helper()"),
        ("from shop import helper", "helper()"),
        ("from shop import again", "again()"),
        ("from shop.work import *", "helper()"),
        ("import shop", "shop.helper()"),
        (
            "try:\n        from nowhere import helper\n    except ImportError:\n        from shop import helper",
            "helper()",
        ),
        ("from typing import TYPE_CHECKING", "from shop.work import helper; helper()"),
    ],
)
def test_a_helper_is_found_however_it_is_imported(tmp_path: Path, imports: str, call: str) -> None:
    files = {
        "main": ROUTE.format(imports=imports, call=call),
        "shop/__init__": "from .work import helper\nfrom . import work\nfrom .deeper.more import again\n",
        "shop__work": HELPER,
        "shop/deeper/__init__": "",
        "shop/deeper/more": "from ..work import helper as again\n",
    }
    assert calls(read(tmp_path, head=False, **files)) == FOUND


def test_a_helper_imported_in_the_function_is_found(tmp_path: Path) -> None:
    main = ROUTE.format(imports="", call="\n        from shop.work import helper\n        helper()")
    assert calls(read(tmp_path, head=False, main=main, shop__work=HELPER)) == FOUND


def test_modules_that_import_each_other_are_read_to_an_end(tmp_path: Path) -> None:
    one = "import time\nfrom two import second\ndef first(): second()\ndef third(): time.sleep(1)\n"
    two = "from one import third\ndef second(): third()\n"
    main = ROUTE.format(imports="from one import first", call="first()")
    assert calls(read(tmp_path, head=False, main=main, one=one, two=two)) == FOUND


def test_a_program_in_src_is_found(tmp_path: Path) -> None:
    found = read(
        tmp_path, head=False, main=ROUTE.format(imports="from shop import helper", call="helper()"), src__shop=HELPER
    )
    assert calls(found) == FOUND


def test_only_what_is_imported_belongs_to_an_app(tmp_path: Path) -> None:
    other = ROUTE.format(imports="import time", call="time.sleep(1)")
    assert read(tmp_path, head=False, main=ROUTE.format(imports="", call="..."), other=other) == []


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    found = read_folder(
        tmp_path, server__api=ROUTE.format(imports="from work import helper", call="helper()"), server__work=HELPER
    )
    assert calls(found) == FOUND


def test_a_package_is_read_by_its_own_name(tmp_path: Path) -> None:
    main = ROUTE.format(imports="from shop.work import helper", call="helper()")
    for name, text in {"__init__": "", "api": main, "work": HELPER}.items():
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / f"{name}.py").write_text(dedent(text))
    assert {each.route for each in analyse(of_folder(tmp_path / "shop")).findings} == {"GET /"}


@pytest.mark.parametrize("folder", [".venv__lib", "tests", "node_modules__x", "lib__site-packages__x"])
def test_tests_and_environments_are_not_the_program(tmp_path: Path, folder: str) -> None:
    found = read_folder(
        tmp_path, **{"main": "", f"{folder}__api": ROUTE.format(imports="import time", call="time.sleep(1)")}
    )
    assert found == []


def test_a_module_named_like_one_of_the_standard_library_is_not_taken_for_it(tmp_path: Path) -> None:
    queue = "def sleep(n): pass\n"
    found = read_folder(
        tmp_path, parts__time=queue, parts__api=ROUTE.format(imports="import time", call="time.sleep(1)")
    )
    assert calls(found) == FOUND


def test_a_file_that_is_no_python_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "main.py").write_text("import broken\n")
    found = analyse(of_module("main", tmp_path))
    assert found.modules == 1
    assert "broken.py" in found.unreadable[0]


def test_a_module_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoProgram, match="There is no module 'main'"):
        of_module("main", tmp_path)


def test_nothing_of_the_program_is_imported(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("raise SystemExit('imported')\n")
    assert analyse(of_module("main", tmp_path)).modules == 1
