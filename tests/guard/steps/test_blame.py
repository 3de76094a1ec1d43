"""Whose it is, decided from stacks that are written down here: innermost first, `name file`, `async` for coroutines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from evenflow.guard.catalogue import Catalogue, known
from evenflow.guard.steps.blame import Rules, Verdict, blame
from evenflow.guard.steps.event import Category, Event
from evenflow.guard.steps.frames import Frame

HTTP = {"type": "http", "method": "GET", "path": "/users/5"}


async def of_program() -> None: ...


async def of_test() -> None: ...


def frame(text: str, scope: Mapping[str, Any] | None = None) -> Frame:
    *awaited, name, file = text.split()
    module, _, function = name.rpartition(".")
    return Frame(
        code=(of_test if function.startswith("test_") else of_program).__code__,
        file=file,
        line=7,
        name=function,
        module=module,
        program=not file.startswith("/lib/"),
        awaited=bool(awaited),
        scope=scope,
        position=0,
    )


def verdict(category: Category, *stack: str | Frame, **rules: Any) -> Verdict | None:
    frames = [one if isinstance(one, Frame) else frame(one) for one in stack]
    return blame(frames, Event(category), Rules(known(), own={of_test.__code__}, **rules))


ROUTE = "async app.read /app.py"
SERVING = frame("async starlette.routing.app /lib/starlette/routing.py", HTTP)
STARTING = frame("async starlette.routing.lifespan /lib/starlette/routing.py", {"type": "lifespan"})
TEST = "async tests.test_app.test_read /tests/test_app.py"


def test_what_only_a_library_does_is_nobodys_mistake() -> None:
    assert verdict("disk", "uvicorn.server.serve /lib/uvicorn.py", SERVING) is None


def test_the_innermost_code_of_the_program_is_blamed() -> None:
    found = verdict("disk", "pathlib.Path.open /lib/pathlib.py", "app.load /loading.py", ROUTE, SERVING)

    assert found is not None
    assert (found.finding.file, found.finding.call) == ("/loading.py", "pathlib.Path.open")


@pytest.mark.parametrize("category", ["disk", "process", "database", "cpu", "wait"])
def test_a_librarys_coroutine_may_do_what_it_has_to(category: Category) -> None:
    assert verdict(category, "lib.inner /lib/lib.py", "async lib.get /lib/lib.py", ROUTE, SERVING) is None


def test_a_librarys_coroutine_that_sleeps_is_told() -> None:
    assert verdict("sleep", "async lib.get /lib/lib.py", ROUTE, SERVING) is not None


def test_what_a_test_does_itself_to_set_something_up_does_not_count() -> None:
    assert verdict("disk", "pathlib.Path.write_text /lib/pathlib.py", TEST) is None


def test_nor_what_a_plain_function_does_that_it_calls() -> None:
    assert verdict("disk", "tests.files.write /tests/files.py", TEST) is None


def test_that_a_test_sleeps_counts() -> None:
    assert verdict("sleep", TEST) is not None


def test_with_own_count_all_that_a_test_does_counts() -> None:
    assert verdict("disk", "pathlib.Path.write_text /lib/pathlib.py", TEST, own_count=True) is not None


def test_what_an_app_called_by_a_test_does_counts() -> None:
    assert verdict("disk", "builtins.open /lib/io.py", ROUTE, SERVING, TEST) is not None


def test_a_file_read_while_the_app_starts_is_advice() -> None:
    found = verdict("disk", "pathlib.Path.read_text /lib/pathlib.py", "async app.lifespan /app.py", STARTING)

    assert found is not None
    assert not found.fails
    assert found.finding.route == "lifespan"


@pytest.mark.parametrize("tool", ["linecache.updatecache", "_pytest.assertion.rewrite.run", "pdb.Pdb.interaction"])
def test_what_tools_do_is_not_done_for_the_program(tool: str) -> None:
    assert verdict("disk", f"{tool} /lib/tool.py", ROUTE, SERVING) is None


def test_a_thread_that_is_being_started_is_no_wait() -> None:
    waits = ("threading.Event.wait /lib/threading.py", "threading.Thread.start /lib/threading.py")

    assert verdict("lock", *waits, ROUTE, SERVING) is None


@pytest.mark.parametrize("pattern", ["app.*", "/app.py", "*.py", "app.read: lib.*"])
def test_what_is_allowed_is_not_told(pattern: str) -> None:
    assert verdict("sleep", "lib.pause /lib/lib.py", ROUTE, SERVING, allow=[pattern]) is None


@pytest.mark.parametrize("pattern", ["other.*", "app.read: open"])
def test_what_an_allowance_does_not_mean_is_told(pattern: str) -> None:
    assert verdict("sleep", "lib.pause /lib/lib.py", ROUTE, SERVING, allow=[pattern]) is not None


def test_a_client_made_for_each_request_is_advice() -> None:
    assert (found := verdict("constructed", ROUTE, SERVING)) is not None
    assert not found.fails
    assert verdict("constructed", ROUTE) is None


def test_the_outermost_call_of_the_catalogue_names_it() -> None:
    catalogue = Catalogue([{"calls": [{"names": ["box.get"], "class": "waits", "fix": "box.aget"}]}])
    inner = ("socket.connect /lib/socket.py", "box.inner /lib/box.py", "box.get /lib/box.py")

    found = blame([frame(one) for one in (*inner, ROUTE)], Event("network"), Rules(catalogue))

    assert found is not None
    assert (found.finding.call, found.finding.kind, found.finding.fix) == ("box.get", "waits", "box.aget")
