"""Writes how what the endpoint returned becomes a response, and how that is sent."""

from __future__ import annotations

from evenflow.fastpath.plan import Answer, How
from evenflow.fastpath.source.code import Code

_BODILESS = {204, 205, 304}


def write_response(code: Code, answer: Answer, how: How, *, replies: bool) -> None:
    """From `raw` to `response`: an object that sends itself, or None where `content` is sent as JSON."""
    with code.block("if isinstance(raw, Response):"):
        code.line("if raw.background is None: raw.background = background")
        code.line("response = raw")
    with code.block("else:"):
        write_content(code, answer, how)
        status = code.constant("STATUS", answer.status)
        if not sends_json(answer):
            kind = code.constant("CLASS", answer.response_class)
            code.line(f"response = made_response({kind}, content, {status}, background, reply)")
        elif not _has_body(answer.status):
            code.line(f"response = json_response(content, {status}, background, reply)")
        elif replies:
            with code.block("if reply.status_code is None:"):
                code.line("response = None")
            with code.block("else:"):
                code.line(f"response = json_response(content, {status}, background, reply)")
        else:
            code.line("response = None")


def write_content(code: Code, answer: Answer, how: How) -> None:
    """From `raw`, which is no response, to `content`."""
    if answer.field is not None:
        _write_validation(code, answer, how)
    _write_content(code, answer)


def write_made_response(code: Code, answer: Answer, *, encoded: bool) -> None:
    """From `content` to `response`, an object in any case. What becomes Starlette's JSON may be `encoded` already."""
    status = code.constant("STATUS", answer.status)
    if answer.to_json is not None or (answer.plain_json and encoded):
        code.line(f"response = json_response(content, {status}, background, reply)")
    else:
        kind = code.constant("CLASS", answer.response_class)
        code.line(f"response = made_response({kind}, content, {status}, background, reply)")


def write_sending(code: Code, answer: Answer, *, replies: bool, tasks: bool, stacked: bool) -> None:
    """Sends `response`, then runs the background tasks."""
    if sends_json(answer) and _has_body(answer.status):
        with code.block("if response is None:"):
            status = code.constant("STATUS", answer.status or 200)
            more = ", *reply.raw_headers" if replies else ""
            headers = f"[(b'content-length', b'%d' % len(content)), (b'content-type', b'application/json'){more}]"
            if not stacked:
                code.line("started = True")
            code.line(f"await send({{'type': 'http.response.start', 'status': {status}, 'headers': {headers}}})")
            code.line("await send({'type': 'http.response.body', 'body': content})")
            if tasks:
                code.line("if background is not None: await background()")
        with code.block("else:"):
            _write_sending_itself(code, stacked=stacked)
    else:
        _write_sending_itself(code, stacked=stacked)


def sends_json(answer: Answer) -> bool:
    """Whether the body is JSON that needs no response object to be written."""
    return answer.to_json is not None or answer.plain_json


def _write_sending_itself(code: Code, *, stacked: bool) -> None:
    if not stacked:
        code.line("sender = Sender(send)")
    code.line("await response(scope, receive, sender)")


def _has_body(status: int | None) -> bool:
    return not status or (status >= 200 and status not in _BODILESS)


def _write_validation(code: Code, answer: Answer, how: How) -> None:
    if answer.validate is not None and how is How.AWAIT:
        code.line("wrong = None")
        with code.block("try:"):
            code.line(f"value = {code.constant('VALIDATE', answer.validate)}(raw, from_attributes=True)")
        with code.block("except ValidationError as invalid:"):
            code.line("wrong = located(invalid, ('response',))")
        code.line("if wrong: raise ResponseValidationError(errors=wrong, body=raw, endpoint_ctx=context(PLAN, scope))")
        return
    validate = f"{code.constant('FIELD', answer.field)}.validate"
    called = f"{validate}(raw, {{}}, loc=('response',))"
    if how is not How.AWAIT:
        called = f"await run_in_threadpool({validate}, raw, {{}}, loc=('response',))"
    exact = answer.exact_model is not None
    with code.block(f"if type(raw) is {code.constant('MODEL', answer.exact_model)}:" if exact else "if False:"):
        code.line("value = raw")
    with code.block("else:"):
        code.line(f"value, wrong = {called}")
        code.line("if wrong: raise ResponseValidationError(errors=wrong, body=raw, endpoint_ctx=context(PLAN, scope))")


def _write_content(code: Code, answer: Answer) -> None:
    if answer.field is None:
        code.line("content = json_bytes(raw)" if answer.plain_json else "content = jsonable_encoder(raw)")
        return
    options = []
    for name, value in answer.options.items():
        if name == "by_alias" or value:
            options.append(f"{name}={value if isinstance(value, bool) else code.constant('OPTION', value)}")
    if answer.to_json is not None:
        write = code.constant("TO_JSON", answer.to_json)
    else:
        write = f"{code.constant('FIELD', answer.field)}.serialize"
    code.line(f"content = {write}(value, {', '.join(options)})")
