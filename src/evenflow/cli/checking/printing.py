"""Prints what blocks, for people or for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from evenflow.cli.checking.blocking import Blocking, relative
from evenflow.guard import Finding


def print_blocking(blocking: Blocking, form: str, *, alone: bool) -> None:
    """Prints it as `text`, `json`, `github` or `sarif`; `alone` where nothing else is printed."""
    if form == "text":
        from evenflow.cli.checking.blocking_text import show_blocking

        show_blocking(blocking, alone=alone)
        return
    print(_written(blocking.new, form), flush=True)  # noqa: T201 - what it is for


def as_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """The findings as JSON has them."""
    return [relative(finding).as_json() for finding in findings]


def _written(findings: Sequence[Finding], form: str) -> str:
    if form == "github":
        from evenflow.cli.checking.github import github_lines

        return "\n".join(github_lines(findings))
    if form == "sarif":
        from evenflow.cli.checking.sarif import sarif

        return json.dumps(sarif(findings), indent=2, ensure_ascii=False)
    return json.dumps(as_json(findings), indent=2, ensure_ascii=False)
