"""Shows to people which calls block: the way to each from its route, and what to write instead."""

from __future__ import annotations

import linecache
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from evenflow.cli.checking.blocking import Blocking, relative
from evenflow.cli.checking.showing import console_for_findings
from evenflow.guard.program import Site, sites_of

_ROUTES_SHOWN = 3
_KINDS = {"waits": "waits", "lock": "waits for a thread", "cpu": "computes", "disk": "reads or writes files"}


def show_blocking(blocking: Blocking, *, alone: bool) -> None:
    """Shows every call that blocks and is not known yet; `alone` where nothing else is shown."""
    console = console_for_findings()
    sites = sites_of(blocking.new)
    for site in sites:
        _show(console, site)
    for reason in blocking.analysis.unreadable:
        console.print(f"[yellow]Not read:[/] {escape(reason)}")
    if sites or blocking.known or alone:
        console.print(_summary(blocking, sites))
        if not alone:
            console.print()


def _show(console: Console, site: Site) -> None:
    nearest = relative(site.nearest)
    console.print(
        f"[bold red]{escape(nearest.call)}[/] {_KINDS.get(nearest.kind, nearest.kind)} in the event loop: "
        f"{escape(_routes(site.routes))}"
    )
    places = [f"{hop.file}:{hop.line}" for hop in nearest.chain]
    names = [hop.name for hop in nearest.chain]
    place_width, name_width = max(map(len, places)), max(map(len, names))
    for index, (place, name) in enumerate(zip(places, names, strict=True)):
        original = site.nearest.chain[index]
        text = linecache.getline(original.file, original.line).strip()
        last = index == len(places) - 1
        line = f"  {'└' if last else '│'} {place:<{place_width}}  {name:<{name_width}}  "
        console.print(f"[dim]{escape(line)}[/]{'[bold]' if last else ''}{escape(text)}{'[/]' if last else ''}")
    console.print(f"  [green]instead:[/] {escape(nearest.fix)}\n")


def _routes(routes: Sequence[str]) -> str:
    shown = ", ".join(routes[:_ROUTES_SHOWN])
    more = len(routes) - _ROUTES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _summary(blocking: Blocking, sites: Sequence[Site]) -> str:
    analysis = blocking.analysis
    read = f"{_many(analysis.routes, 'way')} into the loop, {_many(analysis.modules, 'module')}"
    known = f"; {_many(blocking.known, 'finding')} of the baseline left out" if blocking.known else ""
    if not sites:
        return f"[green]Nothing that blocks the event loop was found[/] ({read}{known})."
    stopped = len({finding.route for finding in blocking.new})
    return f"[bold]{_many(len(sites), 'line')} can block the event loop, on {_many(stopped, 'way')}[/] ({read}{known})."


def _many(count: int, what: str) -> str:
    ending = "" if count == 1 else "s"
    return f"{count} {what}{ending}"
