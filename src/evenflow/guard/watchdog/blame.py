"""From a stack to a finding: which line of the program, which call, which route, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evenflow.guard import catalogue
from evenflow.guard.finding import Finding, Hop, Kind
from evenflow.guard.watchdog import routes
from evenflow.guard.watchdog.callee import Calling
from evenflow.guard.watchdog.evidence import Other, Sample
from evenflow.guard.watchdog.ownership import is_program
from evenflow.guard.watchdog.stack import Place

_FRAMEWORK = ("fastapi.routing", "starlette.routing", "evenflow.fastpath")
"""What calls a route's function, and works for it before and after."""
_PLUMBING = (
    *_FRAMEWORK,
    "starlette.",
    "fastapi.middleware",
    "fastapi.applications",
    "uvicorn.",
    "evenflow.",
    "contextlib",
)

_TO_A_THREAD = "await asyncio.to_thread(...), or an asynchronous library"
_TO_A_PROCESS = "run it in a process: await loop.run_in_executor(process_pool, ...)"
_FIXES: dict[Kind, str] = {
    "waits": _TO_A_THREAD,
    "cpu": _TO_A_PROCESS,
    "disk": _TO_A_THREAD,
    "lock": "asyncio's own Lock, Event or Queue, or await asyncio.to_thread(...)",
    "gil": f"{_TO_A_PROCESS}; a thread shares the interpreter with the event loop",
}
_LESS = "answer with less at a time, or stream it"


def blame_step(sample: Sample, app: Any, *, computed: bool) -> Finding:
    """The finding of a step of the loop that took too long."""
    route = _route(sample, app)
    return _finding(sample.stack, sample.calling, sample.scope, route, "cpu" if computed else "waits")


def blame_thread(thief: Other, app: Any) -> Finding:
    """The finding of a thread that held the interpreter."""
    route = routes.name_of(thief.scope, app)
    if route is None:
        route = routes.name_of_function((place.code for place in thief.stack), app)
    return _finding(thief.stack, thief.calling, thief.scope, route, "gil")


def _route(sample: Sample, app: Any) -> str | None:
    name = routes.name_of(sample.scope, app)
    if sample.task is not None and (name is None or name == "lifespan"):
        return routes.name_of_task(sample.task) or name
    return name


def _finding(stack: Sequence[Place], calling: Calling | None, scope: Any, route: str | None, measured: Kind) -> Finding:
    inner = next((n for n, place in enumerate(stack) if is_program(place.file)), None)
    libraries = stack if inner is None else stack[:inner]
    endpoint = routes.endpoint_of(scope)
    serving = any(place.module.startswith(_FRAMEWORK) for place in libraries)
    if endpoint is not None and (serving or inner is None):
        # The framework itself works for the route: it makes JSON of what the function gave, say.
        called = [each for each in libraries if not each.is_coroutine]
        work = [each for each in called if not each.module.startswith(_PLUMBING)] or called
        if measured == "gil":
            # The thread has just come back from the function.
            work = []
        chain: tuple[Hop, ...] = (Hop(endpoint.co_filename, endpoint.co_firstlineno, endpoint.co_qualname),)
        call, kind, fix = _call(work, calling if work else None, endpoint.co_qualname, measured)
        fix = _LESS if fix == _TO_A_PROCESS else fix
    else:
        place = stack[len(stack) - 1 if inner is None else inner]
        own = [each for each in reversed(stack) if is_program(each.file)] or [place]
        # What stands in front of a route is on the stack too.
        own = own[next((n for n, each in enumerate(own) if each.code is endpoint), 0) :]
        chain = tuple(Hop(each.file, each.line, each.name) for each in own)
        call, kind, fix = _call(libraries, calling, place.name, measured)
    return Finding(route=route, file=chain[-1].file, line=chain[-1].line, call=call, kind=kind, chain=chain, fix=fix)


def _call(libraries: Sequence[Place], calling: Calling | None, function: str, measured: Kind) -> tuple[str, Kind, str]:
    """What the program called, by the catalogue's name; what kind of thing it is; what to write instead."""
    known = catalogue.known()
    names = [[_full_name(place)] for place in reversed(libraries)]
    if calling is not None:
        names.append(calling.called())
    candidates = [name for several in names for name in several]
    entry = next((found for found in map(known.call, candidates) if found is not None), None)
    first = next((several for several in names if several), [])
    call = next((known.canonical(name) for name in first if known.call(name) is not None), None)
    if call is None:
        call = known.canonical(first[0]) if first else function
    if measured == "gil" or entry is None:
        return call, measured, _FIXES[measured]
    return call, entry.kind, entry.fix


def _full_name(place: Place) -> str:
    if place.module.startswith(("importlib.", "_frozen_importlib", "importlib._bootstrap")):
        return "import"
    return f"{place.module}.{place.name}"
