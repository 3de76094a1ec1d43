"""Findings as GitHub's workflow commands: each becomes a note at its line of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenflow.cli.checking.blocking import relative
from evenflow.guard import Finding
from evenflow.guard.program import sites_of


def github_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """One command for every line that blocks."""
    for site in sites_of(findings):
        finding = relative(site.nearest)
        chain = "\n".join(f"{hop.file}:{hop.line} {hop.name}" for hop in finding.chain)
        text = f"{finding.call} blocks the event loop under {', '.join(site.routes)}\n{chain}\ninstead: {finding.fix}"
        title = _property(f"{finding.call} blocks the event loop")
        yield f"::warning file={_property(finding.file)},line={finding.line},title={title}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
