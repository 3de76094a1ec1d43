"""Shows findings to people: what is wrong first, then the routes, then a line each for the rest."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evenflow.cli.checking.findings import AppFindings, MiddlewareFinding

_ANY_WIDTH = 1000
"""Of a line where no terminal shows it: a route stays on one, for grep."""


def console_for_findings() -> Console:
    """Where findings are shown."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_ANY_WIDTH)


def show(findings: AppFindings, target: str) -> None:
    """Shows an app's findings, and those of the apps mounted in it."""
    console = console_for_findings()
    title = f"{target}, mounted at {findings.at}" if findings.at else target
    console.print(f"[bold]{escape(title)}[/]")
    for line in _warnings(findings):
        console.print(f"[bold red]{escape(line)}[/]")
    if any(route.kind != "page" for route in findings.routes):
        console.print(_table(findings))
    for line in _lines(findings):
        console.print(escape(line))
    for inner in findings.mounted:
        console.print()
        show(inner, target)


def _warnings(findings: AppFindings) -> Iterator[str]:
    if findings.off:
        yield f"THE FAST PATH IS OFF, FastAPI serves this app alone: {findings.off}."
    elif findings.everywhere:
        yield f"NO ROUTE IS COMPILED, all {findings.of} for one reason: {findings.everywhere}."


def _table(findings: AppFindings) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("methods", "path", "endpoint", "compiled"):
        table.add_column(heading, overflow="fold")
    below = {f"{inner.at}/{{path:path}}" for inner in findings.mounted}
    for route in findings.routes:
        if route.kind == "page":
            continue
        state = "[green]yes[/]" if route.compiled else f"[yellow]no[/]: {escape(route.reason or '')}"
        if route.kind == "mount" and route.path in below:
            state = "an app of its own, see below"
        table.add_row(", ".join(route.methods) or "*", escape(route.path), escape(route.endpoint or ""), state)
    return table


def _lines(findings: AppFindings) -> Iterator[str]:
    if findings.of or not findings.off:
        would = "would be" if findings.off else "are"
        yield f"{findings.compiled} of {findings.of} routes {would} compiled."
    pages = [route.path for route in findings.routes if route.kind == "page"]
    if pages:
        yield f"FastAPI itself serves the pages it adds: {', '.join(pages)}."
    if findings.middlewares:
        yield f"In front of them, the outermost first: {', '.join(map(_middleware, findings.middlewares))}."
    for route in findings.routes:
        if route.unreachable_behind:
            yield f"{route.name} ({route.endpoint}) is never reached: {' and '.join(route.unreachable_behind)} answers."
    for model in findings.models:
        yield f"Rows of {model.model} as JSON: {'yes' if model.rows_as_json else f'no. {model.reason}'}"


def _middleware(found: MiddlewareFinding) -> str:
    if found.microseconds is None:
        return found.name
    return f"{found.name} (a BaseHTTPMiddleware: such a layer adds {found.microseconds:.0f} µs to a request here)"
