"""What somebody said of the depot, held against what is true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.guard.bed.index import FOLDER, Mistake


@dataclass(frozen=True)
class Told:
    """A place that was named, or only that there is something; with the route, where that was named too."""

    file: str = ""
    line: int = 0
    route: str | None = None

    @classmethod
    def of(cls, finding: dict[str, Any], folder: Path = FOLDER) -> Told:
        """From a finding as JSON; what is not absolute is so from a folder."""
        return cls(str((folder / finding["file"]).resolve()), finding["line"], finding.get("route"))


def noticed(mistake: Mistake, told: Iterable[Told]) -> str:
    """`line` where one of them names a right line, `only that` where there is something else, empty for nothing."""
    told = list(told)
    if any((each.file, each.line) in mistake.lines for each in told):
        return "line"
    return "only that" if told else ""


def right_route(mistake: Mistake, told: Told) -> bool:
    """Whether the route is the one, or, where something else leads to the line, that is named."""
    if told.route == mistake.route:
        return True
    return told.route is not None and mistake.root != "route" and told.route.startswith(f"{mistake.root} ")
