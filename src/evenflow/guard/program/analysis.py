"""The whole way: from the sources of a program to what blocks in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from evenflow.guard.catalogue import Catalogue, known
from evenflow.guard.finding import Finding
from evenflow.guard.program.interpreter import Interpreter
from evenflow.guard.program.roots import roots_of
from evenflow.guard.program.search import Search
from evenflow.guard.program.sources import Sources

_WORST_FIRST = {"waits": 0, "lock": 1, "cpu": 2, "disk": 3}
AT_START_OR_END = ("lifespan", "startup", "shutdown")
"""The names of what runs once: what blocks there keeps no request waiting."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What reading a program found."""

    findings: tuple[Finding, ...]
    """One for each line that blocks and each route that leads there; the lines that stop most routes first."""
    modules: int
    routes: int
    """Routes and whatever else begins in the loop."""
    unreadable: tuple[str, ...]
    """Files that are no Python, and why."""


def analyse(sources: Sources, catalogue: Catalogue | None = None) -> Analysis:
    """Finds every call of the program that blocks its event loop. Nothing of the program is imported."""
    reader = Interpreter(sources, catalogue or known())
    reader.read()
    roots = roots_of(reader)
    everywhere = {root.name for root in roots if root.everywhere}
    search = Search(reader.locks.held_for_long())
    found = [finding for root in roots for finding in search.findings_of(root)]
    return Analysis(
        findings=tuple(_ranked(found, everywhere, len(roots))),
        modules=len(sources.modules),
        routes=len(roots),
        unreadable=tuple(f"{file}: {reason}" for file, reason in sources.unreadable),
    )


def _ranked(findings: list[Finding], everywhere: set[str], count: int) -> list[Finding]:
    frozen: dict[tuple[str, int, str], int] = defaultdict(int)
    for finding in findings:
        # A middleware stops every route; what runs once at the start stops none that is being served.
        weight = count if finding.route in everywhere else 0 if finding.route in AT_START_OR_END else 1
        frozen[_site(finding)] += weight

    def rank(finding: Finding) -> tuple[object, ...]:
        site = _site(finding)
        return (-frozen[site], _WORST_FIRST[finding.kind], site, len(finding.chain), finding.route)

    return sorted(findings, key=rank)


def _site(finding: Finding) -> tuple[str, int, str]:
    return finding.file, finding.line, finding.call
