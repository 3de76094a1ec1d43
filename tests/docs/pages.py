"""The pages people read, taken apart: code blocks, links, headings, tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w./-]+\.py)\n")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    language: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The file this block is, if its first line says so."""
        found = _FILE.match(self.text)
        return found[1] if found else None


def blocks(page: Path, *languages: str) -> list[Block]:
    """The page's code blocks in these languages, in order."""
    text = page.read_text()
    found = [Block(one[1], one[2], text[: one.start()].count("\n") + 2) for one in _FENCE.finditer(text)]
    return [block for block in found if block.language in languages]


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """Where the page points to."""
    return _LINK.findall(re.sub(r"`[^`]*`", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """The places in a page that a link can name."""
    text = prose(page)
    named = set(re.findall(r'<a id="([\w-]+)">', text))
    return named | {_slug(heading) for heading in _HEADING.findall(text)}


def rows(page: Path, first_heading: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    lines = page.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first_heading} |")) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
