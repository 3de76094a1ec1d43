"""Routes that no request can reach: named where that is certain, and never otherwise."""

from __future__ import annotations

import re
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import compile_path

from evenflow.fastpath.plan import Entry
from evenflow.fastpath.unreachable import Unreachable, find_unreachable

GET, POST = frozenset({"GET"}), frozenset({"POST"})
UUID = "8b0e3b2c-6d4c-4b0a-9d55-7d4f6a1f0c11"


def entry(path: str, methods: frozenset[str] | None = GET, *, opaque: bool = False) -> Entry:
    regex, _, convertors = compile_path(path)
    return Entry(
        path=path,
        regex=None if opaque else regex,
        convertors=convertors,
        methods=methods,
        top=0,
        endpoint=None,
        plan=None,
        place=None,
        app=None,
        reason=None,
    )


def behind(first: str, second: str) -> bool:
    """Whether the second path is answered by the first, always."""
    found = find_unreachable([entry(first), entry(second)])
    assert found in ((), (Unreachable(1, (0,)),))
    return bool(found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/users", "/users"),
        ("/users/{id}", "/users/me"),
        ("/users/{id}", "/users/{name}"),
        ("/users/{id}", "/users/{id:int}"),
        ("/users/{id}", "/users/{id:float}"),
        ("/users/{id}", "/users/{id:uuid}"),
        ("/users/{id}", "/users/{id}.json"),
        ("/users/{id}", "/users/{first}-{last}"),
        ("/{a}/{b}", "/users/{id}"),
        ("/{everything:path}", "/"),
        ("/{everything:path}", "/users/{id}/posts"),
        ("/{everything:path}", "/files/{name:path}"),
        ("/files/{name:path}", "/files/"),
        ("/files/{name:path}/end", "/files/{a}/{b}/end"),
        ("/v{version:int}", "/v1"),
        ("/v{version:int}", "/v1{minor:int}"),
        ("/v{version:float}", "/v1.5"),
        ("/v{version:float}", "/v{version:int}"),
        ("/{id:uuid}", f"/{UUID}"),
    ],
)
def test_a_route_behind_a_wider_one_is_found(first: str, second: str) -> None:
    assert behind(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/users/me", "/users/{id}"),
        ("/users/{id}", "/users"),
        ("/users/{id}", "/users/"),
        ("/users/{id}", "/users/{id}/posts"),
        ("/users/{id}", "/users/{id:path}"),
        ("/users/{id:int}", "/users/{id}"),
        ("/users/{id:int}", "/users/me"),
        ("/users/{id:int}", "/users/{id:float}"),
        ("/users/{id:uuid}", "/users/{id}"),
        ("/{id:uuid}", f"/{UUID}0"),
        ("/files/{name:path}", "/files"),
        ("/v{version:float}", "/v{major:int}{minor:float}x"),
        ("/v{version:float}", "/v{major:float}{minor:float}"),
        ("/{id}.json", "/{id}"),
        ("/a.c", "/abc"),
        ("/v7", "/v{version:int}"),
        ("/v{major:int}.5", "/v{version:float}"),
    ],
)
def test_a_route_with_a_path_of_its_own_is_not(first: str, second: str) -> None:
    assert not behind(first, second)


def test_another_method_is_reached() -> None:
    assert find_unreachable([entry("/{a}"), entry("/b", POST), entry("/c", GET | POST)]) == ()


def test_several_routes_can_stand_in_front_together() -> None:
    found = find_unreachable([entry("/{a}"), entry("/c"), entry("/{b}", POST), entry("/b", GET | POST)])

    assert found == (Unreachable(1, (0,)), Unreachable(3, (0, 2)))


def test_a_mount_stands_in_front_of_every_method() -> None:
    mount = entry("/static/{path:path}", None)

    assert find_unreachable([mount, entry("/static/{name}"), entry("/static")]) == (Unreachable(1, (0,)),)
    assert find_unreachable([entry("/static/{name:path}", GET | POST), mount]) == ()
    assert find_unreachable([mount, entry("/static/images/{path:path}", None)]) == (Unreachable(1, (0,)),)


def test_of_a_route_that_matches_in_its_own_way_nothing_is_said() -> None:
    assert find_unreachable([entry("/{a:path}", opaque=True), entry("/b")]) == ()
    assert find_unreachable([entry("/{a:path}"), entry("/b", opaque=True)]) == ()


def test_a_thousand_routes_are_looked_at_quickly() -> None:
    entries = [entry(f"/part{number % 40}/thing{number}/{{id}}") for number in range(1000)]

    began = time.perf_counter()
    assert find_unreachable([*entries, entry("/part7/thing7/me")]) == (Unreachable(1000, (7,)),)
    assert time.perf_counter() - began < 5


SEGMENT = st.sampled_from(
    ["a", "1", "", ".", "{x}", "{x:int}", "{x:float}", "{x:path}", "a{x}", "{x}.b", "{x:int}-{y}", "1{x:int}"]
)
PATHS = st.lists(SEGMENT, max_size=3).map(lambda segments: "/" + "/".join(_renamed(segments)))
TEXTS = {
    "str": ["a", "1", ".", "-", "1.5", "a.b", "1-2"],
    "int": ["1", "12", "0"],
    "float": ["1", "1.5", "12.0"],
    "path": ["", "a", "1", "a/b", "/", "1/", "1.5"],
}


@settings(max_examples=200, deadline=None)
@given(PATHS, PATHS, st.randoms())
def test_no_path_is_found_that_reaches_an_unreachable_route(first: str, second: str, random: Random) -> None:
    entries = [entry(first), entry(second)]
    if not find_unreachable(entries):
        return
    wide, narrow = (one.regex for one in entries)
    assert wide is not None
    assert narrow is not None

    for _ in range(20):
        path = re.sub(r"\{\w+:?(\w*)\}", lambda kind: random.choice(TEXTS[kind[1] or "str"]), second)
        assert narrow.match(path)
        assert wide.match(path), path


def _renamed(segments: list[str]) -> list[str]:
    # A path may have a name once.
    return [re.sub(r"\{(\w)", rf"{{\g<1>{place}", segment) for place, segment in enumerate(segments)]
