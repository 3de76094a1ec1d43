"""A finding in words, in one screen: for logs, failed tests and terminals."""

from __future__ import annotations

import linecache
import os

from evenflow.guard.finding import Finding, Hop, Kind

_DOES: dict[Kind, str] = {
    "waits": "waits",
    "cpu": "computes",
    "disk": "reads or writes files",
    "lock": "waits for another thread",
    "gil": "keeps the interpreter busy in another thread",
    "host": "got no time from the machine",
}
_BOLD, _DIM, _RED, _GREEN = "1", "2", "1;31", "32"
_NARROWEST = 20
"""Columns for the source at least, however long the names are."""


def text(
    finding: Finding,
    *,
    milliseconds: float | None = None,
    count: int | None = None,
    color: bool = False,
    width: int = 100,
) -> str:
    """What blocks, where, on which way, and what to write instead: a few lines without a line feed at the end.

    `milliseconds` is how long the loop stood still, over `count` times; None where it was not measured. With `color`
    there are escape sequences for a terminal; `width` is in columns. Holds source text and names, never values.
    """
    lines = [_headline(finding, milliseconds, count, color=color)]
    lines += _way(finding, width, color=color)
    lines.append(f"  {_in(_GREEN, 'instead:', color=color)} {finding.fix}")
    lines.append(_in(_DIM, "  where it may: # evenflow: blocking-ok <reason>", color=color))
    return "\n".join(lines)


def _headline(finding: Finding, milliseconds: float | None, count: int | None, *, color: bool) -> str:
    who = finding.route or "Something outside of any route"
    call = _in(_RED, finding.call, color=color)
    what = f"{call} {_DOES[finding.kind]}"
    if milliseconds is None:
        return f"{_in(_BOLD, who, color=color)} blocks the event loop: {what}"
    times = f" {count} times, for {milliseconds:,.0f} ms in all" if count else f" for {milliseconds:,.0f} ms"
    return f"{_in(_BOLD, who, color=color)} blocked the event loop{times}: {what}"


def _way(finding: Finding, width: int, *, color: bool) -> list[str]:
    """A line for each place between the route and the call, the call's own last."""
    hops = finding.chain or (Hop(finding.file, finding.line, ""),)
    places = [f"{shown(hop.file)}:{hop.line}" for hop in hops]
    place_width, name_width = max(map(len, places)), max(len(hop.name) for hop in hops)
    lines = []
    for index, (place, hop) in enumerate(zip(places, hops, strict=True)):
        last = index == len(hops) - 1
        head = f"  {'└' if last else '│'} {place:<{place_width}}  {hop.name:<{name_width}}  "
        source = linecache.getline(hop.file, hop.line).strip()
        source = _cut(source, max(width - len(head), _NARROWEST))
        lines.append(_in(_DIM, head, color=color) + (_in(_BOLD, source, color=color) if last else source))
    return [line.rstrip() for line in lines]


def shown(file: str) -> str:
    """A path as it is shown: relative to the current directory where it is inside of it."""
    try:
        relative = os.path.relpath(file)
    except (OSError, ValueError):
        return file  # another drive, or the directory is gone
    return file if relative.startswith(os.pardir) else relative


def _cut(source: str, width: int) -> str:
    return source if len(source) <= width else f"{source[: width - 1]}…"


def _in(style: str, words: str, *, color: bool) -> str:
    return f"\x1b[{style}m{words}\x1b[0m" if color and words else words
