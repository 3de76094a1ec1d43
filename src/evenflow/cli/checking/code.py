"""`evenflow check --show-code`: the code that was written for one route."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from evenflow.cli.attaching import attached, mounted_apps, unlogged
from evenflow.cli.refusal import Refusal
from evenflow.fastpath import Fastpath


def show_code(app: Any, wanted: str) -> None:
    """Prints the code of the route that is called `wanted`, such as "GET /users/{id}"."""
    method, _, path = wanted.strip().rpartition(" ")
    name = f"{method.strip().upper()} {path}".strip()
    there: dict[str, tuple[Fastpath, int]] = {}
    for each, found, index in _named(app, ""):
        there.setdefault(each, (found, index))
    if name not in there:
        raise Refusal(f"There is no route {wanted!r}. {_near(name, list(there))}")
    fastpath, index = there[name]
    source = fastpath.source(index)
    if not source:
        raise Refusal(f"{name} has no code of its own: {fastpath.report().routes[index].reason or fastpath.off}.")
    _print(source)


def _named(app: Any, at: str) -> Iterator[tuple[str, Fastpath, int]]:
    """Every method of every route, with its place in the report; those of mounted apps too."""
    path = attached(app)
    if isinstance(path, Fastpath):
        with unlogged():
            routes = path.report().routes
        for index, route in enumerate(routes):
            for method in route.methods:
                yield f"{method} {at}{route.path}", path, index
    for where, inner in mounted_apps(app):
        yield from _named(inner, at + where)


def _near(name: str, there: list[str]) -> str:
    path = name.rpartition(" ")[2]
    same = [each for each in there if each.partition(" ")[2] == path]
    near = same or get_close_matches(name, there, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return "evenflow check lists those there are; write the method and the path, as in 'GET /users/{id}'."


def _print(source: str) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(source, "python", background_color="default"))
    else:
        sys.stdout.write(source)
