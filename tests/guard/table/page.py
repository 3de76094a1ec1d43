"""docs/guard-table.md, from what each tool said."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from tests.guard.bed.index import Mistake, clean, mistakes
from tests.guard.bed.judging import noticed
from tests.guard.table.asking import Said

CELLS = {"line": "y", "only that": "~", "": "-"}
PACKAGES = ("evenflow", "ruff", "flake8-async", "blockbuster", "pyleak", "aiocop", "fastapi", "uvicorn")
HEAD = """\
# Blocking calls: who finds what

Made by `scripts/guard-table`, which anyone can run. A small FastAPI app (`tests/guard/bed/depot`) has {mistakes} routes
with one call each that blocks the event loop, in {modules} modules, 0 to 5 function calls away from the route, and
{clean} routes that only look as if they did.{absent}

- **y**: found, with the right line. **~**: something was noticed; the line was wrong or missing. **-**: not found.
- Two signs: the first is for data as in a unit test (1 to 50 ms), the second for data as in production (100 to 400 ms).
  Tools that read the source see no data, and have one.
- pyleak's limit (0.2 s) and asyncio's (0.1 s) are set to 50 ms: with their own they would see less. What aiocop reports
  below its limit of 30 ms counts where it calls it severe.
- Evenflow's watchdog speaks from 50 ms, as it is when nothing is configured: small data is not for it.
- One request at a time, in a server with one tool, on asyncio's own loop; the plugin for pytest in a run of its own.
- Everything was asked once. On a busy machine the tools that look at the clock raise more false alarms.

The app was written by the authors of one of the tools, though without looking at it: take the columns of Evenflow with
that in mind.

{versions}
"""


@dataclass(frozen=True)
class Column:
    """What a tool said, for small and for big data; once for one that reads the source."""

    name: str
    said: tuple[Said, ...]

    def cell(self, mistake: Mistake) -> str:
        return " ".join(CELLS[self.sign(mistake, each)] for each in self.said)

    @staticmethod
    def sign(mistake: Mistake, said: Said) -> str:
        return noticed(mistake, said.get(f"m/{mistake.name}", []))

    def right(self, among: Iterable[Mistake]) -> str:
        """How many with the right line."""
        among = list(among)
        return " ".join(str(sum(self.sign(mistake, each) == "line" for mistake in among)) for each in self.said)

    def noticed(self, among: Iterable[Mistake]) -> str:
        """How many at all."""
        among = list(among)
        return " ".join(str(sum(bool(self.sign(mistake, each)) for mistake in among)) for each in self.said)

    def false_alarms(self) -> list[str]:
        """The clean routes of which something was said."""
        return sorted({name[2:] for said in self.said for name, told in said.items() if name.startswith("c/") and told})


def page(columns: Sequence[Column]) -> str:
    """The whole page."""
    asked = [mistake for mistake in mistakes() if not mistake.missing()]
    absent = [mistake.name for mistake in mistakes() if mistake.missing()]
    head = HEAD.format(
        modules=len({mistake.file for mistake in mistakes()}),
        mistakes=len(asked),
        clean=len([route for route in clean() if not route.missing()]),
        absent=f" Left out, for want of what they need: {', '.join(absent)}." if absent else "",
        versions=_versions(),
    )
    return "\n".join([head, _mistakes(columns, asked), "", _totals(columns, asked), "", _alarms(columns), ""])


def _versions() -> str:
    named = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()} on {platform.system()}; {named}."


def _mistakes(columns: Sequence[Column], asked: Sequence[Mistake]) -> str:
    rows = [
        [mistake.name, str(mistake.depth), f"`{mistake.call}`", *(column.cell(mistake) for column in columns)]
        for mistake in asked
    ]
    return _table(["mistake", "calls away", "what blocks", *(column.name for column in columns)], rows)


def _totals(columns: Sequence[Column], asked: Sequence[Mistake]) -> str:
    rows = []
    for depth in sorted({mistake.depth for mistake in asked}):
        there = [mistake for mistake in asked if mistake.depth == depth]
        rows.append([f"{depth} calls away", str(len(there)), *(column.right(there) for column in columns)])
    rows.append(["**all**", str(len(asked)), *(f"**{column.right(asked)}**" for column in columns)])
    rows.append(["noticed, whatever the line", str(len(asked)), *(column.noticed(asked) for column in columns)])
    rows.append(["false alarms", str(len(clean())), *(str(len(column.false_alarms())) for column in columns)])
    return "## Totals\n\n" + _table(["with the right line", "of", *(column.name for column in columns)], rows)


def _alarms(columns: Sequence[Column]) -> str:
    named = [f"- {column.name}: {', '.join(alarms)}" for column in columns if (alarms := column.false_alarms())]
    return "\n".join(["## False alarms", "", *(named or ["None."])])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
