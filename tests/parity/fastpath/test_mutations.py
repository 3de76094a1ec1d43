"""Breaks one rule of the compiler at a time: the fuzzer has to notice each, or it proves nothing about that rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

from evenflow.fastpath import attach, match, receiving, responding
from evenflow.fastpath.source import route

from .many import compiles
from .session import run_seeds

pytestmark = [
    pytest.mark.slow,
    # A coroutine that a drawn app never awaits may be collected where Python cannot warn of it.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(not compiles(), reason="the fast path does not know this FastAPI, and compiles nothing"),
]
APPS = 300
"""After so many apps of 30 requests a rule that is broken has been noticed, or never is."""

REWRITTEN = {
    "errors stand in another order": (r"errors \+= located\((.*)\)", r"errors[:0] = located(\1)"),
    "errors are lost": (r"errors \+= located\(.*\)", "pass"),
    "a missing parameter is no error": (r"errors.append\(missing\(\w+\)\)", "pass"),
    "the endpoint runs in spite of errors": (r"if errors: raise", "if False: raise"),
    "the last of several headers counts": (r"dict\(reversed\(list\((.*)\)\)\)", r"dict(\1)"),
    "headers are UTF-8": (r"decode\('latin-1'\)", "decode('utf-8', 'replace')"),
    "validation is not from attributes": (r"from_attributes=True", "from_attributes=False"),
    "JSON needs no content type": (r"(parse_body\(.*), True\)", r"\1, False)"),
    "the body is not kept for who reads it again": (r"keep_body\(.*\)", "pass"),
    "a direct response has no background tasks": (r"if raw.background is None: .*", "pass"),
    "background tasks do not run": (r"if background is not None: await background\(\)", "pass"),
    "headers of the injected response are lost": (r", \*reply.raw_headers", ""),
    "the status of the injected response is lost": (r"if reply.status_code is None:", "if True:"),
    "the status is always 200": (r"'status': \w+", "'status': 200"),
    "invalid responses are sent": (r"if wrong: raise ResponseValidationError.*", "pass"),
    "errors in a response lie in the body": (r"\('response',\)\)", "('body',))"),
    "aliases are not used": (r"by_alias=True", "by_alias=False"),
    "unset fields are sent": (r", exclude_unset=True", ""),
    "sync functions block the loop": (r"await run_in_threadpool\((CALL_\d+)(?:, )?(.*)\)", r"\1(\2)"),
    "function scopes end with the request": (r"stack=function_stack", "stack=request_stack"),
    "a swallowed exception is not noticed": (r"if not awaited: raise", "if False: raise"),
    "handlers are looked for in one place only": (r"await failed\(", "await failed_inside("),
    "a handler is told of another request": (
        r"remade_request\((.*), raw_body, body\)",
        r"remade_request(\1, Undefined, body)",
    ),
    "overrides are not looked for": (r"if OVERRIDES.dependency_overrides:", "if False:"),
    "handlers do not find the path's parameters": (r"scope\['path_params'\] = path_params", "pass"),
    "the route is not in the scope": (r"scope\['route'\] = \w+", "pass"),
    "security scopes are lost": (r"SecurityScopes\(scopes=.*?\]\)", "SecurityScopes(scopes=[])"),
    "several tasks are not kept together": (
        r"if background is None: background = BackgroundTasks\(\)",
        "background = BackgroundTasks()",
    ),
}
"""What is wrong, the pattern in the written code, and what stands there instead."""


def test_without_a_broken_rule_nothing_is_noticed() -> None:
    assert noticed_after() is None


def rewritten(pattern: str, to: str, hits: list[str]) -> Callable[[str], Any]:
    compiled = route.compiled.__wrapped__

    @lru_cache
    def broken(text: str) -> Any:
        changed = re.sub(pattern, to, text)
        if changed != text:
            hits.append(changed)
        return compiled(changed)

    return broken


def noticed_after() -> int | None:
    """The number of requests after which a difference is seen."""
    requests = 0
    for index in range(APPS):
        tally = run_seeds([f"mutation {index}"], attach, 30)
        requests += tally.requests
        if tally.mismatches:
            return requests
    return None


@pytest.mark.parametrize("rule", REWRITTEN)
def test_a_broken_rule_of_the_written_code_is_noticed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern, to = REWRITTEN[rule]
    hits: list[str] = []
    monkeypatch.setattr(route, "compiled", rewritten(pattern, to, hits))

    after = noticed_after()

    assert hits, "the pattern is nowhere in the written code: the compiler writes this rule in another way now"
    assert after is not None


class Reversed(match.Table):
    def _candidates(self, segments: Any) -> list[int]:
        return super()._candidates(segments)[::-1]


def first_cookie(scope: Any) -> dict[str, str]:
    pairs = [pair for header in receiving.Headers(scope=scope).getlist("cookie") for pair in header.split(";")]
    return {name.strip(): value.strip() for name, _, value in (pair.partition("=") for pair in reversed(pairs))}


WORDS: dict[str, Callable[..., Any]] = {
    "read_cookies": first_cookie,
    "read_query": lambda text: dict(receiving.parse_qsl(text.decode("latin-1"))),
    "json_bytes": responding._written,
    "absent": lambda field, location: (field.default, []),
    "fresh_reply": responding.Response,
}
"""What the written code calls, and what it might be by mistake."""


@pytest.mark.parametrize("word", WORDS)
def test_a_broken_part_is_noticed(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert word in route.WORDS
    monkeypatch.setitem(route.WORDS, word, WORDS[word])

    assert noticed_after() is not None


def test_another_order_of_routes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenflow.fastpath.compiled.Table", Reversed)

    assert noticed_after() is not None


def test_shared_values_that_are_not_shared_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from evenflow.fastpath.source import calls

    class Forgetful(calls.Calls):
        def _remember(self, callee: Any, value: str, *, sure: bool) -> None:
            super()._remember(callee, value, sure=sure)
            self._values.clear()

    monkeypatch.setattr(route, "Calls", Forgetful)

    assert noticed_after() is not None
