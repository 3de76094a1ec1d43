"""An app's routes, read, judged and compiled: made at start-up, and anew whenever its routes have changed."""

from __future__ import annotations

import gc
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evenflow.fastpath.match import NOTHING, Table
from evenflow.fastpath.plan import Entry
from evenflow.fastpath.source import Handler, compile_route
from evenflow.fastpath.source.inside import can_stand_inside, compile_inside
from evenflow.fastpath.upstream import agents, routes, tree

logger = logging.getLogger("evenflow.fastpath")


@dataclass(slots=True)
class CompiledApp:
    """What answers an app's requests."""

    entries: Sequence[Entry]
    handlers: list[Handler | None]
    """One for each entry; None where a request goes on to FastAPI's own code, be it with a compiled handler in it."""
    sources: Sequence[str]
    """The text of each handler."""
    table: Table
    bare: bool
    """No static files wait for what no route matches, so nothing but the router's default answers that."""
    off: str | None
    """Why the table is empty, and the app served by FastAPI alone."""
    seconds: float
    """What making it has cost."""
    given: Mapping[str, Any] = field(default_factory=dict)
    _inside: dict[int, Any] = field(default_factory=dict)

    def inside(self, index: int) -> Any:
        """FastAPI's own ASGI app of a route with a compiled handler in the midst of it; None where there is none."""
        plan = self.entries[index].plan
        if plan is None or not can_stand_inside(plan):
            return None
        if index not in self._inside:
            # Telemetry was off when the app was read, or may have been.
            self._inside[index] = routes.inside(plan, compile_inside(plan, self.given)[0])
        return self._inside[index]

    @property
    def hindered(self) -> str | None:
        """Why none of FastAPI's routes is compiled; None if one is, or there are none."""
        reasons = Counter(entry.reason for entry in self.entries if entry.place is not None)
        return None if None in reasons or not reasons else reasons.most_common(1)[0][0]

    def nowhere(self, method: str, path: str, redirects: bool) -> bool:
        """Whether provably nothing answers a path, nor the path with the other ending, to which FastAPI redirects."""
        if not self.bare:
            return False
        if not redirects or path == "/":
            return True
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        return self.table.find(method, other) is NOTHING

    def give_up(self, index: int, reason: str) -> None:
        """Gives one route back to FastAPI's own handler."""
        entries = list(self.entries)
        entries[index] = replace(entries[index], plan=None, reason=reason)
        self.entries = entries
        self.handlers[index] = None


def compile_app(router: Any, given: Mapping[str, Any], distrusted: Mapping[Any, str]) -> CompiledApp:
    """Reads an app's router and compiles what can be compiled.

    `given` is what `compile_route` wants; `distrusted` are endpoints not to be compiled, with the reason.
    """
    collecting = gc.isenabled()
    gc.disable()  # hot: bench_fastpath: all that is made here stays, and looking for garbage in it costs more than it
    try:
        return _compile(router, given, distrusted)
    except Exception as error:
        # Never the reason why an app does not answer.
        logger.exception("The fast path could not read this app; please report it.")
        return nothing_compiled(f"reading the app failed with {type(error).__name__}")
    finally:
        if collecting:
            gc.enable()


def _compile(router: Any, given: Mapping[str, Any], distrusted: Mapping[Any, str]) -> CompiledApp:
    start = time.perf_counter()
    strange = agents.strange_matching() or tree.own_matching(router)
    if strange:
        return nothing_compiled(strange)
    entries = routes.read_app(router, agents.strange_handling())
    only_inside = agents.only_inside()
    handlers: list[Handler | None] = []
    sources = []
    inside: dict[int, Any] = {}
    for index, entry in enumerate(entries):
        reason = _hindrance(entry, distrusted, only_inside)
        if reason:
            entries[index] = entry = replace(entry, plan=None, reason=reason)
        handler, text = None, ""
        if entry.plan and (only_inside or entry.plan.agent):
            answer, text = compile_inside(entry.plan, given)
            inside[index] = routes.inside(entry.plan, answer)
        elif entry.plan:
            handler, text = compile_route(entry.plan, given)
        handlers.append(handler)
        sources.append(text)
    bare = not tree.has_low_priority_routes(router)
    seconds = time.perf_counter() - start
    return CompiledApp(entries, handlers, sources, Table(entries), bare, None, seconds, given, inside)


def _hindrance(entry: Entry, distrusted: Mapping[Any, str], only_inside: str | None) -> str | None:
    """Why a route that has a plan is not compiled all the same."""
    if entry.plan is None:
        return None
    if not can_stand_inside(entry.plan) and (only_inside or entry.plan.agent):
        return only_inside or f"its handler is wrapped by {entry.plan.agent}"
    return distrusted.get(entry.endpoint) if distrusted else None


def nothing_compiled(reason: str) -> CompiledApp:
    """An app served by FastAPI alone."""
    return CompiledApp((), [], (), Table(()), False, reason, 0.0)
