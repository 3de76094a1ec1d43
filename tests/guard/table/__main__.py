"""Holds the guard beside other tools and writes docs/guard-table.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.guard.bed.in_tests import told_in_tests
from tests.guard.bed.index import FOLDER, clean, mistakes
from tests.guard.bed.judging import Told
from tests.guard.bed.world import world
from tests.guard.table import asking, reading
from tests.guard.table.asking import Said
from tests.guard.table.page import Column, page
from tests.guard.table.watching import TOOLS

PAGE = FOLDER.parents[2] / "docs" / "guard-table.md"
SIZES = ("small", "big")
READING: dict[str, Callable[[], list[Told]]] = {
    "ruff": reading.by_ruff,
    "flake8-async": reading.by_flake8_async,
    "evenflow check": reading.by_evenflow,
}
WATCHING = (*TOOLS, "evenflow tests", "evenflow watchdog")


def main() -> None:
    """Takes about six minutes."""
    parser = argparse.ArgumentParser(prog="scripts/guard-table", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=[*READING, *WATCHING], help="only this tool; may be repeated"
    )
    parser.add_argument("--print", action="store_true", help="print the page, and leave the file as it is")
    options = parser.parse_args()
    names = options.only or [*READING, *WATCHING]
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "world") as environment:
        columns = [_column(name, environment, Path(folder)) for name in names]
    text = page(columns)
    if options.print:
        print(text)
    else:
        PAGE.write_text(text)
        print(f"{PAGE} is written")


def _column(name: str, environment: dict[str, str], folder: Path) -> Column:
    print(name, file=sys.stderr, flush=True)
    if name in READING:
        return Column(name, (_by_route(READING[name]()),))
    if name == "evenflow tests":
        return Column(name, tuple(told_in_tests(size, environment, folder) for size in SIZES))
    if name == "evenflow watchdog":
        return Column(name, tuple(asking.of_watchdog(size, environment) for size in SIZES))
    return Column(name, tuple(asking.of_tool(name, size, environment) for size in SIZES))


def _by_route(told: list[Told]) -> Said:
    """To a mistake belong the places on its lines; to a clean route what is said of it, or in its function."""
    said: Said = {f"m/{m.name}": [each for each in told if (each.file, each.line) in m.lines] for m in mistakes()}
    for route in clean():
        lines = route.lines
        said[f"c/{route.name}"] = [
            each for each in told if each.route == route.route or (each.file, each.line) in lines
        ]
    return said


if __name__ == "__main__":
    main()
