"""Writes dependencies and endpoints as source."""

from __future__ import annotations

from collections.abc import Iterator

from . import answers
from .bodies import BODIES
from .parameters import FILES, KINDS, MARKERS
from .spec import Function, Need, Param, Route

SPECIALS = {
    "request": "request: Request",
    "connection": "connection: HTTPConnection",
    "response": "response: Response",
    "background": "background: BackgroundTasks",
    "scopes": "scopes: SecurityScopes",
}

TRIED = "try:\n    yield given\n"
SAID = "type(error).__name__"
ENDINGS = {
    "plain": "yield given\nlog(NAME, 'left')\nobey(NAME + ' exit')",
    "finally": TRIED + "finally:\n    log(NAME, 'left')\n    obey(NAME + ' exit')",
    "swallow": TRIED + f"except Exception as error:\n    log(NAME, 'swallowed', {SAID})",
    "reraise": TRIED + f"except Exception as error:\n    log(NAME, 'saw', {SAID}, error)\n    raise",
    "convert": TRIED + f"except Exception as error:\n    raise HTTPException(409, {SAID}) from error",
    "custom": TRIED + "except ValueError as error:\n    raise Custom('converted') from error",
    "base": TRIED + f"except BaseException as error:\n    log(NAME, 'base', {SAID})\n    raise",
}
"""How a generator is left; NAME stands for its name."""


def depends(need: Need) -> str:
    words = [need.call]
    if not need.cache:
        words.append("use_cache=False")
    if need.scope:
        words.append(f"scope={need.scope!r}")
    if need.limit:
        words.append(f"max_concurrency={need.limit}")
    if need.scopes:
        return f"Security({', '.join([*words, f'scopes={list(need.scopes)!r}'])})"
    return f"Depends({', '.join(words)})"


def annotation(param: Param) -> str:
    if param.where == "file":
        return FILES[param.kind]
    if param.where == "body":
        return BODIES[param.kind].annotation
    return KINDS[param.kind].annotation if param.kind in KINDS else param.kind


def parameter(param: Param) -> str:
    """One parameter of a signature; all are keywords, so any may have a default."""
    marker = MARKERS[param.where]
    if param.style == "plain":
        default = f" = {param.default}" if param.default is not None else ""
        return f"{param.name}: {annotation(param)}{default}"
    if param.style == "old":
        words = [*([param.default] if param.default is not None else []), *([param.marker] if param.marker else [])]
        return f"{param.name}: {annotation(param)} = {marker}({', '.join(words)})"
    default = f" = {param.default}" if param.default is not None else ""
    return f"{param.name}: Annotated[{annotation(param)}, {marker}({param.marker})]{default}"


def need(need: Need) -> str:
    if need.style == "old":
        return f"{need.name}=" + depends(need)
    return f"{need.name}: Annotated[Any, {depends(need)}]"


def signature(function: Function, first: str = "") -> str:
    words = [SPECIALS[special] for special in function.specials]
    words += [*map(need, function.needs), *map(parameter, function.params)]
    star = ["*"] if words else []
    return f"({', '.join([*([first] if first else []), *star, *words])})"


def start(function: Function) -> Iterator[str]:
    """What every function does first: say that it was called, then use what it was given."""
    names = [item.name for item in (*function.needs, *function.params)]
    names += [special for special in function.specials if special == "scopes"]
    yield f"given = arrive({', '.join([repr(function.name), *(f'{name}={name}' for name in names)])})"
    for special in function.specials:
        name = repr(function.name)
        if special in ("request", "connection"):
            yield f"look({name}, {special})"
        if special == "request" and "async" in function.form:
            yield f"await read({name}, request)"
        if special == "response":
            yield f"touch({name}, response)"
        if special == "background":
            yield f"later({name}, background)"


def block(lines: Iterator[str] | list[str], depth: int = 1) -> str:
    text = "\n".join(lines)
    return "\n".join("    " * depth + line for line in text.splitlines()) + "\n"


def dependency(function: Function) -> str:
    name, form = function.name, function.form
    if form == "class":
        code = [*start(function), "self.given = given"]
        shown = f"    def __repr__(self):\n        return {name!r} + repr(self.given)\n"
        return f"\nclass {name}:\n    def __init__{signature(function, 'self')}:\n{block(code, 2)}\n{shown}"
    if form in ("instance", "async instance"):
        begin = "async def" if form == "async instance" else "def"
        code = [*start(function), "return given"]
        called = f"    {begin} __call__{signature(function, 'self')}:\n{block(code, 2)}"
        return f"\nclass {name}:\n{called}\n{name} = {name}()\n"
    begin = "async def" if form.startswith("async") else "def"
    end = ENDINGS[function.ending].replace("NAME", repr(name)) if form.endswith("yield") else "return given"
    partly = f"{name} = functools.partial({name})\n" if form.endswith("partial") else ""
    return f"\n{begin} {name}{signature(function)}:\n{block([*start(function), end])}{partly}"


def endpoint(route: Route) -> str:
    function = route.function
    begin = "async def" if function.form.startswith("async") else "def"
    returns = f" -> {route.model}" if route.model is not None and route.annotated else ""
    if function.form.endswith("stream"):
        end = answers.STREAMS[route.returns]
        items = "AsyncIterable" if begin == "async def" else "Iterable"
        returns = f" -> {items}[{route.model}]" if route.model is not None else ""
    else:
        end = f"return {answers.RETURNS[route.returns]}"
    code = [*start(function), *(line.removeprefix("    ") for line in end.splitlines())]
    return f"{begin} {function.name}{signature(function)}{returns}:\n{block(code)}"
