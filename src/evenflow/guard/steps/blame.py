"""Whether what was seen on a stack is the program's mistake, and how it is told: decided from plain data alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import CodeType

from evenflow.guard.allowed import reason_at
from evenflow.guard.catalogue import Catalogue
from evenflow.guard.finding import Finding, Hop, Kind
from evenflow.guard.steps.event import FIXES, KINDS, Category, Event
from evenflow.guard.steps.frames import Frame
from evenflow.guard.steps.naming import called_from, constructed, listed, public_name
from evenflow.guard.steps.routes import in_lifespan, in_request, route_of

_TOOL_NAMES = """
linecache traceback tokenize warnings inspect pdb bdb pytest _pytest pluggy coverage pydevd debugpy _pydev_bundle
_pydevd_bundle evenflow pkg_resources doctest hypothesis pyinstrument cProfile profile trace tracemalloc
"""
_TOOLS = frozenset(_TOOL_NAMES.split())
"""Modules that read sources, stop at breakpoints and so on; what they do is not done for the program."""
_IMPORTING = frozenset({"importlib", "zipimport", "runpy"})
_STARTING = frozenset({"threading.Thread.start", "concurrent.futures.thread.ThreadPoolExecutor.submit"})
"""They wait for a thread of their own for a moment."""
_TEST_CLIENTS = frozenset({"starlette.testclient", "fastapi.testclient", "anyio.from_thread"})
_DATABASE_NAMES = """
psycopg psycopg2 pymysql MySQLdb mysql mariadb oracledb pyodbc sqlalchemy sqlmodel peewee pony redis pymongo cassandra
clickhouse_connect duckdb pymssql ibm_db
"""
_DATABASES = frozenset(_DATABASE_NAMES.split())
_RUNTIMES = frozenset({"asyncio", "anyio", "uvloop", "trio", "sniffio", "aiofiles"})
"""Their coroutines do what they do for the loop's sake."""
_OWN_BUSINESS: frozenset[Category] = frozenset({"disk", "database", "process", "cpu", "wait", "constructed"})
"""What a library's own coroutine may do, when the program awaits it."""
_SET_UP: frozenset[Category] = frozenset({"disk", "database", "process", "cpu", "wait", "constructed"})
"""What a test may do itself, to set something up."""
_AT_START: frozenset[Category] = frozenset({"disk", "database", "cpu", "constructed"})
"""What hurts nobody while the app starts or stops."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Something that the program does on the event loop."""

    finding: Finding
    category: Category
    fails: bool
    """Whether it is a mistake for sure; otherwise it is advice."""
    scope: Mapping[str, object] | None = None
    """The ASGI scope that was served, in which the route may be found later."""


@dataclass(slots=True)
class Rules:
    """What is known of the program that is looked at."""

    catalogue: Catalogue
    own: Collection[CodeType] = ()
    """The functions of tests and fixtures. What they do themselves to set something up is not the app's doing."""
    allow: Sequence[str] = ()
    """Patterns of functions by full name, or of files, that may block: `app.legacy.*`, `*/migrations/*.py`; with a
    call behind a colon, only that one: `app.reports.load: open`."""
    own_count: bool = False
    """Whether what tests do themselves counts, too."""


def blame(frames: Sequence[Frame], event: Event, rules: Rules) -> Verdict | None:
    """The verdict on an event, by the stack it was seen on (innermost first); None where it is nobody's mistake."""
    place = next((index for index, frame in enumerate(frames) if frame.program), None)
    if place is None:
        return None
    inner, outer = frames[:place], frames[place:]
    category = _category(inner, event)
    if _is_libraries_own(inner, category) or (not rules.own_count and _is_tests_own(outer, category, rules.own)):
        return None
    if _is_made_once(inner, category) and not in_request(frames):
        return None
    finding = _told(frames, place, event, rules.catalogue)
    if _is_allowed(outer, finding, rules.allow):
        return None
    starts = category in _AT_START and in_lifespan(frames)
    advice = starts or _imports(frames[: place + 1]) or category == "constructed"
    scope = next((frame.scope for frame in frames if frame.scope is not None), None)
    return Verdict(finding, category, not advice, scope)


def is_catalogued_work(frames: Sequence[Frame], catalogue: Catalogue) -> bool:
    """Whether the program's line calls something of which the catalogue says that it computes."""
    place = next((index for index, frame in enumerate(frames) if frame.program), None)
    if place is None:
        return False
    name = called_from(frames[place]) if place == 0 else None
    entry = listed(frames[:place], catalogue) or (catalogue.call(name) if name else None)
    return entry is not None and entry.kind == "cpu"


def _is_libraries_own(inner: Sequence[Frame], category: Category) -> bool:
    """Whether the calls between the program's line and the event make it no business of the program's."""
    if any(_root(frame) in _TOOLS or frame.full_name in _STARTING for frame in inner):
        return True
    if any(frame.module in _TEST_CLIENTS for frame in inner):
        return True
    if category in ("wait", "cpu") and any(frame.module.startswith("multiprocessing") for frame in inner):
        return True
    if not inner or not inner[-1].awaited:
        return False
    return category in _OWN_BUSINESS or _root(inner[-1]) in _RUNTIMES


def _imports(inner: Sequence[Frame]) -> bool:
    return any(_root(frame) in _IMPORTING or frame.code.co_name == "<module>" for frame in inner)


def _category(inner: Sequence[Frame], event: Event) -> Category:
    through = _root(inner[-1]) if inner else (event.call or "").partition(".")[0]
    return "database" if event.category == "network" and through in _DATABASES else event.category


def _is_made_once(inner: Sequence[Frame], category: Category) -> bool:
    """Whether an object is made there that an app needs one of: which is right, outside of requests."""
    return category == "constructed" or (category == "cpu" and bool(inner) and constructed(inner[-1]) is not None)


def _is_tests_own(outer: Sequence[Frame], category: Category, own: Collection[CodeType]) -> bool:
    if category not in _SET_UP:
        return False
    return _is_test_itself(outer, own) or (category == "cpu" and _is_tests_code(outer, own))


def _is_test_itself(outer: Sequence[Frame], own: Collection[CodeType]) -> bool:
    """Whether a test or a fixture stands here, or a plain function that one calls without anybody in between."""
    for frame in outer:
        if frame.code in own:
            return True
        if not frame.program or frame.awaited:
            return False
    return False


def _is_tests_code(outer: Sequence[Frame], own: Collection[CodeType]) -> bool:
    """Whether it is code of a file of tests, and serves no request: what a test gives to a library, say."""
    if any(frame.scope is not None for frame in outer):
        return False
    return any(code.co_filename == outer[0].file for code in own)


def _is_allowed(outer: Sequence[Frame], finding: Finding, allow: Sequence[str]) -> bool:
    mine = [frame for frame in outer if frame.program]
    # The way from the route: an allowance may stand at any line of it.
    for frame in mine[: max(len(finding.chain), 1)]:
        if reason_at(frame.file, frame.line) is not None:
            return True
    return any(_matches(pattern, frame, finding.call) for pattern in allow for frame in mine)


def _matches(pattern: str, frame: Frame, call: str) -> bool:
    place, colon, only = pattern.rpartition(": ")
    if not colon:
        place, only = pattern, "*"
    return fnmatchcase(call, only.strip()) and any(
        fnmatchcase(name, place.strip()) for name in (frame.full_name, frame.file)
    )


def _told(frames: Sequence[Frame], place: int, event: Event, catalogue: Catalogue) -> Finding:
    blamed, inner = frames[place], frames[:place]
    if _imports(frames[: place + 1]):
        call, kind, fix = "import", KINDS["disk"], "import it at the top of the module"
    else:
        call, kind, fix = _named(blamed, inner, event, catalogue)
    chain = tuple(Hop(frame.file, frame.line, frame.name) for frame in _way(frames, place))
    return Finding(
        route=route_of(frames), file=blamed.file, line=blamed.line, call=call, kind=kind, chain=chain, fix=fix
    )


def _named(blamed: Frame, inner: Sequence[Frame], event: Event, catalogue: Catalogue) -> tuple[str, Kind, str]:
    """What the program called, and what the catalogue says of it: else of what that called inside."""
    entry = listed(inner, catalogue)
    made = constructed(inner[-1]) if inner and event.category == "cpu" else None
    direct = made or (public_name(inner[-1].module, inner[-1].name) if inner else event.call or called_from(blamed))
    if entry is None:
        entry = next(filter(None, (catalogue.call(name) for name in (direct, event.call) if name)), None)
    if made is not None:
        return made, "cpu", FIXES["constructed"]
    if entry is not None and event.category != "constructed":
        return entry.name, entry.kind, entry.fix
    call = direct or blamed.full_name.partition(".<")[0]
    what = call.rpartition(".")[2] if direct else "a function that does this"
    return call, KINDS[event.category], FIXES[event.category].format(call=what)


def _way(frames: Sequence[Frame], place: int) -> list[Frame]:
    """The program's frames from the route's function to the blamed one, outermost first."""
    end = next((i for i in range(place + 1, len(frames)) if not frames[i].program and frames[i].scope), len(frames))
    return [frame for frame in reversed(frames[place:end]) if frame.program]


def _root(frame: Frame) -> str:
    return frame.module.partition(".")[0]
