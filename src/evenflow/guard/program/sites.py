"""Findings by the line that blocks: many routes may lead to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evenflow.guard.finding import Finding


@dataclass(frozen=True, slots=True)
class Site:
    """A line that blocks, and what it stops."""

    nearest: Finding
    """The finding with the shortest chain."""
    routes: tuple[str, ...]


def sites_of(findings: Iterable[Finding]) -> list[Site]:
    """The lines of these findings, in the same order."""
    groups: dict[tuple[str, int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.file, finding.line, finding.call), []).append(finding)
    return [
        Site(
            min(group, key=lambda finding: len(finding.chain)),
            tuple(dict.fromkeys(finding.route for finding in group if finding.route is not None)),
        )
        for group in groups.values()
    ]
