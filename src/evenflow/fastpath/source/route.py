"""Writes a route's function from its plan, and makes it from the text."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from evenflow.fastpath import failing, receiving, responding, resuming
from evenflow.fastpath.plan import Callee, RoutePlan, Source, everything
from evenflow.fastpath.source.answer import write_response, write_sending
from evenflow.fastpath.source.calls import GENERATORS, Calls, can_fail, written_call
from evenflow.fastpath.source.code import Code
from evenflow.fastpath.upstream import names
from evenflow.observe.request import current

Handler = Callable[[Any, Any, Any, dict[str, Any]], Coroutine[Any, Any, None]]
"""Answers one request: scope, receive, send, and the parameters of its path."""

_DEEPEST = 5
"""Generators in one another; Python allows 20 blocks, and each takes three."""
_CACHED_SHAPES = 2048
"""An app of 1,000 routes has about 20; each is a few KB."""

_FOLDER = Path(__file__).parents[1]

WORDS: dict[str, Any] = {
    "__name__": "evenflow.fastpath",
    **{name: getattr(names, name) for name in names.__all__},
    "AsyncExitStack": AsyncExitStack,
    "Headers": Headers,
    "QueryParams": QueryParams,
    "Request": Request,
    "Response": Response,
    "ValidationError": ValidationError,
    "current": current,
    **{name: getattr(module, name) for module in (receiving, responding, failing, resuming) for name in module.__all__},
}
"""What every route's function can name."""


def compile_route(plan: RoutePlan, given: Mapping[str, Any]) -> tuple[Handler, str]:
    """The function that answers a route's requests, and its text.

    `given` holds what belongs to the app: `HANDLERS`, its exception handlers as ExceptionMiddleware leaves them in
    the scope, `hand_over`, which gives a request to FastAPI, and `replay`, which does so with what was received of its
    body.
    """
    code = Code()
    _Route(code, plan).write()
    namespace = {**WORDS, **code.names, **given, "PLAN": plan, "OVERRIDES": plan.overrides}
    exec(compiled(code.text), namespace)
    handler: Handler = namespace["answer"]
    return handler, code.text


@lru_cache(maxsize=_CACHED_SHAPES)
def compiled(text: str) -> CodeType:
    """The text's code, which tracebacks show."""
    # Where Evenflow is, so that who sorts the lines of a traceback takes it for a library's, not the app's.
    name = f"{_FOLDER}/<evenflow fastpath {sha256(text.encode()).hexdigest()[:12]}>"
    # So that a traceback shows the line.
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")


def _can_nest(generators: Sequence[Callee]) -> bool:
    """Whether generators are entered in any case and left in reverse order, as `async with` blocks are."""
    return len(generators) <= _DEEPEST and not any(
        one.function_scope or one.limited or can_fail(one) for one in generators
    )


class _Route:
    """Writes one route."""

    def __init__(self, code: Code, plan: RoutePlan) -> None:
        self._code = code
        self._plan = plan
        callees = everything(plan.endpoint)
        self._texts = plan.body is not None and plan.body.texts
        form = plan.body is not None and plan.body.form and not self._texts
        generators = [one for one in callees if one.how in GENERATORS]
        self._limited = plan.body_limit is not None
        seen = any(one.sees_request for one in callees)
        self._stacked = form or seen or self._limited or not _can_nest(generators)
        self._nested = bool(generators) and not self._stacked
        self._request = self._stacked or any(one.special.request for one in callees)
        self._replies = any(one.special.response for one in callees)
        self._tasks = any(one.special.background for one in callees)
        self._sources = {parameter.source for one in callees for parameter in one.parameters if parameter.plain}
        self._cookies = any(parameter.source is Source.COOKIE for one in callees for parameter in one.parameters)
        self._overridable = plan.overrides is not None and bool(plan.endpoint.dependencies)
        self._calls = Calls(code, overridable=self._overridable, stacked=self._stacked, texts=self._texts)

    def write(self) -> None:
        """Writes the whole function."""
        code = self._code
        if self._limited:
            with code.block("async def inside(scope, receive, send):"):
                self._write_start()
                code.line("files = scope['fastapi_middleware_astack']")
                code.line("path_params = scope['path_params']")
                self._write_stacked()
            code.line(f"limited = with_body_limit(inside, {code.constant('LIMIT', self._plan.body_limit)})")
        with code.block("async def answer(scope, receive, send, path_params):"):
            if self._overridable:
                with code.block("if OVERRIDES.dependency_overrides:"):
                    code.line("return await hand_over(scope, receive, send)")
            code.line("token = current.set(scope)")
            with code.block("try:"):
                self._write_place()
                if self._plan.body is None:
                    self._write_all()
                else:
                    self._write_replayable()
            with code.block("finally:"):
                code.line("current.reset(token)")

    def _write_replayable(self) -> None:
        code = self._code
        with code.block("try:"):
            self._write_all()
        with code.block("except Unusual as unusual:"):
            code.line("received = unusual.received")
        with code.block("else:"):
            code.line("return")
        code.line("await replay(scope, replaying(received, receive), send)")

    def _write_all(self) -> None:
        code = self._code
        if self._limited:
            code.line("sender = Sender(send)")
            self._write_outside("await limited(scope, receive, sender)")
        elif self._stacked:
            self._write_start()
            self._write_outside()
        else:
            self._write_start()
            self._write_light()

    def _write_start(self) -> None:
        code = self._code
        code.line("request = sender = background = reply = None")
        code.line("messages = ()")
        code.line("body = raw_body = Undefined")
        code.line("send = sender = Sender(send)" if self._stacked else "started = False")

    def _write_outside(self, inside: str | None = None) -> None:
        code = self._code
        with code.block("try:"), code.block("async with AsyncExitStack() as files:"):
            code.line("scope['fastapi_middleware_astack'] = files")
            if inside:
                code.line(inside)
            else:
                self._write_stacked()
        self._write_failing("failed_outside", "scope, receive, sender")

    def _write_light(self) -> None:
        code = self._code
        with code.block("try:"):
            self._write_body()
            if self._nested:
                code.line("awaited = False")
            self._write_answer()
            self._write_sending()
            if self._nested:
                code.line("awaited = True")
                self._calls.close_blocks()
                code.line("if not awaited: raise FastAPIError(NOT_AWAITED)")
        self._write_failing(
            "failed", "request, scope, receive, sender", "if sender is None: sender = Sender(send, started)"
        )

    def _write_place(self) -> None:
        code, place = self._code, self._plan.place
        code.line(f"if 'router' not in scope: scope['router'] = {code.constant('ROUTER', place.router)}")
        for limits in place.form_limits:
            code.line(f"apply_form_limits(scope, {code.constant('LIMITS', limits)})")
        if place.included_router is not None:
            code.line("inner = scope.get('fastapi')")
            code.line("if inner is None: inner = scope['fastapi'] = {}")
            code.line(f"inner['included_router'] = {code.constant('INCLUDED', place.included_router)}")
            code.line(f"inner['effective_route_context'] = {code.constant('CONTEXT', place.effective_context)}")
        elif place.after_included:
            code.line("if 'fastapi' not in scope: scope['fastapi'] = {}")
        code.line(f"scope['endpoint'] = {code.constant('ENDPOINT', place.endpoint)}")
        code.line("scope['path_params'] = path_params")
        code.line(f"scope['route'] = {code.constant('ROUTE', place.route)}")
        code.line("scope['starlette.exception_handlers'] = HANDLERS")

    def _write_stacked(self) -> None:
        code = self._code
        with code.block("try:"):
            code.line("awaited = False")
            with code.block("async with AsyncExitStack() as request_stack:"):
                code.line("scope['fastapi_inner_astack'] = request_stack")
                with code.block("async with AsyncExitStack() as function_stack:"):
                    code.line("scope['fastapi_function_astack'] = function_stack")
                    self._write_body()
                    with code.block("while True:"):
                        self._write_answer()
                        code.line("break")
                self._write_sending()
                code.line("awaited = True")
            code.line("if not awaited: raise FastAPIError(NOT_AWAITED)")
        self._write_failing("failed_inside", "request, scope, receive, sender")

    def _write_body(self) -> None:
        code, body = self._code, self._plan.body
        if self._texts:
            self._write_text_form()
        elif body is not None and not body.form:
            self._write_json(strict=body.strict)
        if self._request:
            code.line("request = Request(scope, receive, send)")
        if body is not None and body.form and not self._texts:
            limits = code.constant("LIMITS", body.form_limits)
            code.line(f"body = await read_form(request, {limits}, files)")
        elif body is not None and self._request:
            code.line("keep_body(request, raw_body, body)")

    def _write_json(self, *, strict: bool) -> None:
        code = self._code
        code.line("raw_body, messages = await read_body(receive, scope)")
        code.line(f"if raw_body: body = parse_body(raw_body, messages, scope['headers'], {strict})")

    def _write_text_form(self) -> None:
        code, body = self._code, self._plan.body
        assert body is not None
        limits = code.constant("LIMITS", body.form_limits)
        code.line(f"raw_body, messages, body = await read_texts(receive, scope, {limits})")
        code.line("form = dict(body.multi_items())")

    def _write_answer(self) -> None:
        code, endpoint = self._code, self._plan.endpoint
        code.line("errors = []")
        if self._replies:
            code.line("reply = fresh_reply()")
        if Source.QUERY in self._sources:
            code.line("query = read_query(scope['query_string'])")
        if Source.HEADER in self._sources:
            # The first of several headers of one name counts.
            code.line("headers = dict(reversed(list(scope['headers'])))")
        if self._cookies:
            code.line("cookies = read_cookies(scope)")
        arguments = self._calls.write_arguments(endpoint)
        code.line("if errors: raise invalid_request(errors, body, PLAN, scope)")
        code.line(f"raw = {written_call(code, endpoint, arguments)}")
        write_response(code, self._plan.answer, endpoint.how, replies=self._replies)

    def _write_sending(self) -> None:
        write_sending(self._code, self._plan.answer, replies=self._replies, tasks=self._tasks, stacked=self._stacked)

    def _write_failing(self, function: str, arguments: str, *before: str) -> None:
        code = self._code
        with code.block("except Exception as error:"):
            code.line("failure = error")
        with code.block("else:"):
            code.line("return")
        # After the `except`, not in it: what a handler raises then has behind it what it has in FastAPI.
        with code.block("try:"):
            for line in before:
                code.line(line)
            if function != "failed_outside":
                code.line("if request is None: request = remade_request(scope, receive, sender, raw_body, body)")
            code.line(f"await {function}(failure, {arguments})")
        with code.block("finally:"):
            code.line("failure = None")
