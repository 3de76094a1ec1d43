"""The parts of the fast path that do over again what FastAPI, Starlette and python-multipart do, beside those."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match as Matching
from starlette.routing import Mount, Router

from evenflow.fastpath.match import NOTHING, Match, Table
from evenflow.fastpath.plan import Entry
from evenflow.fastpath.receiving import Unusual, parse_body, read_query, read_texts
from evenflow.fastpath.responding import json_bytes

SEGMENTS = ["a", "b", "items", "{x}", "{y}", "{n:int}", "{f:float}", "{u:uuid}", "{p:path}", "v{x}", "{x}-{y}", ""]
VALUES = ["a", "b", "items", "5", "1.5", "v1", "x-y", "", "ü", "a8098c1a-f86e-11da-bd1a-00112444be1e", "a\nb"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
query_texts = st.lists(st.sampled_from([*"ab=&+%;", "%C3%BC", "%2B", "%zz", "ü"]), max_size=14).map("".join)


def entry(route: Any, top: int) -> Entry:
    path = f"{route.path}/{{path:path}}" if isinstance(route, Mount) else route.path
    methods = frozenset(route.methods) if getattr(route, "methods", None) else None
    return Entry(path, route.path_regex, route.param_convertors, methods, top, None, None, None, None, None)


def paths(segments: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(segments), max_size=4).map(lambda parts: "/" + "/".join(parts))


def declarable(path: str) -> bool:
    names = [part.split("{")[1].split(":")[0].split("}")[0] for part in path.split("/") if "{" in part]
    return len(names) == len(set(names)) and "{x}-{y}" not in path


async def endpoint() -> None: ...


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(paths(SEGMENTS).filter(declarable), st.sampled_from(["GET", "POST"]), st.booleans()), max_size=12
    ),
    st.lists(st.tuples(paths(VALUES), st.sampled_from(["GET", "POST", "PUT"])), min_size=1, max_size=8),
)
def test_the_first_route_declared_that_matches_is_found(
    declared: list[tuple[str, str, bool]], asked: list[tuple[str, str]]
) -> None:
    routes = [
        Mount(path, app=Router()) if mount and "path" not in path else APIRoute(path, endpoint, methods=[method])
        for path, method, mount in declared
    ]
    table = Table([entry(route, top) for top, route in enumerate(routes)])

    for path, method in asked:
        if path.endswith("\n"):
            continue
        scope = {"type": "http", "path": path, "method": method}
        matched = [route.matches(scope) for route in routes]
        full = next((top for top, (match, _) in enumerate(matched) if match is Matching.FULL), None)
        found = table.find(method, path)
        if full is None:
            assert (found is NOTHING) == all(match is Matching.NONE for match, _ in matched)
        elif isinstance(routes[full], Mount):
            assert isinstance(found, Match)
            assert found.index == full
        else:
            assert found == Match(full, matched[full][1]["path_params"])


@pytest.mark.parametrize("count", [10, 1000])
def test_a_thousand_routes_are_not_asked_one_by_one(count: int) -> None:
    routes = [APIRoute(f"/group{top % 10}/kind{top}/{{name}}", endpoint) for top in range(count)]
    table = Table([entry(route, top) for top, route in enumerate(routes)])

    assert table._candidates(["", f"group{(count - 1) % 10}", f"kind{count - 1}", "x"]) == [count - 1]


@settings(max_examples=300, deadline=None)
@given(query_texts)
@example("a=1&a=2&&b&=c&d=%20+")
def test_a_query_is_read_as_starlette_reads_it(query: str) -> None:
    raw = query.encode("latin-1", "replace")

    assert read_query(raw) == dict(QueryParams(raw))


def received(body: bytes) -> Callable[[], Awaitable[Any]]:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@settings(max_examples=200, deadline=None)
@given(query_texts, st.sampled_from(["", "; charset=utf-8", " "]))
@example("a=1&a=2&&b&=c&d=%20+&e==", "")
def test_a_form_of_texts_is_read_as_starlette_reads_it(form: str, more: str) -> None:
    body = form.encode("latin-1", "replace")
    headers = [(b"content-type", f"application/x-www-form-urlencoded{more}".encode())]
    scope: dict[str, Any] = {"type": "http", "headers": headers}

    _, _, ours = asyncio.run(read_texts(received(body), scope, None))
    theirs = asyncio.run(_form(scope, body))

    assert ours.multi_items() == theirs.multi_items()


async def _form(scope: dict[str, Any], body: bytes) -> Any:
    return await Request(scope, received(body)).form()


def test_a_form_with_more_fields_than_starlette_takes_is_fastapis() -> None:
    scope: dict[str, Any] = {"type": "http", "headers": [(b"content-type", b"application/x-www-form-urlencoded")]}

    with pytest.raises(Unusual):
        asyncio.run(read_texts(received(b"a=1&" * 1001), scope, None))


class Plain(dict[str, Any]):
    """As rows of a database are."""


class Telling(dict[str, Any]):
    """Shows other items than it has."""

    def items(self) -> Any:
        return [("told", 1)]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts | st.just("_sa_state"), inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=3).map(Plain)
        | st.dictionaries(texts, inner, max_size=2).map(Telling)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(json_values)
@example({"_sa_instance_state": 1, "a": [1.0, 1e16, -0.0]})
@example([float("nan")])
@example({1: (2, 3), None: {4}})
def test_an_answer_without_a_model_has_the_bytes_of_a_json_response(value: Any) -> None:
    assert _outcome(lambda: json_bytes(value)) == _outcome(lambda: JSONResponse(jsonable_encoder(value)).body)


def _outcome(made: Callable[[], Any]) -> Any:
    try:
        return made()
    except Exception as error:
        return type(error), str(error)


@settings(max_examples=200, deadline=None)
@given(json_values, st.binary(max_size=6), st.integers(0, 40))
def test_a_body_is_parsed_as_pythons_own_parser_does_or_left_to_fastapi(value: Any, noise: bytes, place: int) -> None:
    raw = json.dumps(value).encode()
    raw = raw[:place] + noise + raw[place:]
    headers = [(b"content-type", b"application/problem+json; charset=utf-8")]
    try:
        ours = parse_body(raw, (), headers, True)
    except Unusual:
        return

    assert _same(ours, json.loads(raw))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other and (one != 0 or math.copysign(1, one) == math.copysign(1, other))
