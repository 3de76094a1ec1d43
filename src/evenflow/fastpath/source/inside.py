"""Writes a route's function as FastAPI's own handler: from a request to a response, and nothing around that.

It stands where FastAPI's handler would: below FastAPI's middlewares, `request_response` and whatever agents have put
around them, all of which run as they are. It tells FastAPI's telemetry what FastAPI's handler tells it, so it serves
where that is on, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenflow.fastpath import reading
from evenflow.fastpath.plan import How, RoutePlan, Source, everything
from evenflow.fastpath.source.answer import write_content, write_made_response
from evenflow.fastpath.source.calls import GENERATORS, Calls
from evenflow.fastpath.source.code import Code
from evenflow.fastpath.source.route import WORDS, compiled
from evenflow.fastpath.upstream import inside

_WORDS: dict[str, Any] = {
    **WORDS,
    **{name: getattr(module, name) for module in (inside, reading) for name in module.__all__},
}


def can_stand_inside(plan: RoutePlan) -> bool:
    """Whether there is such a function for this route."""
    return plan.endpoint.how not in GENERATORS


def compile_inside(plan: RoutePlan, given: Mapping[str, Any]) -> tuple[Any, str]:
    """The function, and its text.

    `given` holds what belongs to the app: `hand_over_inside` and `replay_inside`, which give a request to FastAPI's
    own handler, the one that `plan.handler` is.
    """
    code = Code()
    _Inside(code, plan).write()
    namespace = {**_WORDS, **code.names, **given, "PLAN": plan, "OVERRIDES": plan.overrides, "STOCK": plan.handler}
    exec(compiled(code.text), namespace)
    return namespace["app"], code.text


class _Inside:
    """Writes one handler. It is named as FastAPI's own is: some who wrap it show its name."""

    def __init__(self, code: Code, plan: RoutePlan) -> None:
        self._code = code
        self._plan = plan
        callees = everything(plan.endpoint)
        self._replies = any(one.special.response for one in callees)
        self._sources = {parameter.source for one in callees for parameter in one.parameters if parameter.plain}
        self._cookies = any(parameter.source is Source.COOKIE for one in callees for parameter in one.parameters)
        self._overridable = plan.overrides is not None and bool(plan.endpoint.dependencies)
        self._calls = Calls(code, overridable=self._overridable, stacked=True, texts=False)
        self._call = code.constant("CALL", plan.endpoint.call)

    def write(self) -> None:
        """Writes the whole function."""
        code = self._code
        with code.block("async def app(request):"):
            if self._overridable:
                with code.block("if OVERRIDES.dependency_overrides:"):
                    code.line("return await hand_over_inside(request, STOCK)")
            code.line("told = telemetry_data()")
            code.line("if told is not None: told.request = request")
            code.line("scope = request.scope")
            code.line("path_params = scope['path_params']")
            code.line("files = scope['fastapi_middleware_astack']")
            code.line("request_stack = scope['fastapi_inner_astack']")
            code.line("function_stack = scope['fastapi_function_astack']")
            code.line("background = reply = None")
            code.line("body = Undefined")
            self._write_body()
            code.line("if told is not None: told.body = None if body is Undefined else body")
            with code.block("while True:"):
                self._write_answer()
                code.line("break")
            code.line("return response")

    def _write_body(self) -> None:
        code, body = self._code, self._plan.body
        if body is None:
            return
        if body.form:
            limits = code.constant("LIMITS", body.form_limits)
            code.line(f"body = await read_form(request, {limits}, files)")
            return
        with code.block("try:"):
            code.line(f"body = await read_json(request, {body.strict})")
        with code.block("except Unusual:"):
            code.line("body = UNREAD")
        code.line("if body is UNREAD: return await replay_inside(request, STOCK)")

    def _write_answer(self) -> None:
        code, endpoint = self._code, self._plan.endpoint
        with code.block(f"with operation(name='dependencies', function={self._call}):"):
            code.line("errors = []")
            if self._replies:
                code.line("reply = fresh_reply()")
            if Source.QUERY in self._sources:
                code.line("query = read_query(scope['query_string'])")
            if Source.HEADER in self._sources:
                code.line("headers = dict(reversed(list(scope['headers'])))")
            if self._cookies:
                code.line("cookies = read_cookies(scope)")
            code.line(f"values = dict({self._calls.write_arguments(endpoint)})")
            with code.block("if told is not None:"):
                code.line("told.values = present(values) if errors else values")
                code.line("told.errors = errors")
        code.line("if errors: raise told_invalid(invalid_request(errors, body, PLAN, scope))")
        dependant = code.constant("DEPENDANT", endpoint.dependant)
        awaited = endpoint.how is How.AWAIT
        code.line(f"raw = await run_endpoint(dependant={dependant}, values=values, is_coroutine={awaited})")
        with code.block("if isinstance(raw, Response):"):
            code.line("if raw.background is None: raw.background = background")
            code.line("response = raw")
        with code.block("else:"):
            with code.block(f"with operation(name='serialization', function={self._call}):"):
                if inside.serializes_itself():
                    write_content(code, self._plan.answer, endpoint.how)
                else:
                    self._write_serialized(awaited=awaited)
            write_made_response(code, self._plan.answer, encoded=inside.serializes_itself())

    def _write_serialized(self, *, awaited: bool) -> None:
        code, answer = self._code, self._plan.answer
        options = code.constant("OPTIONS", dict(answer.options))
        field = code.constant("FIELD", answer.field)
        told = f"endpoint_ctx=context(PLAN, scope), dump_json={answer.to_json is not None}"
        given = f"field={field}, response_content=raw, is_coroutine={awaited}, {told}, **{options}"
        code.line(f"content = await serialized({given})")
