"""What is wrong in the depot, and where: read from the marks in its sources, so that no line number is written down.

A mark stands above the line that blocks: `# bed: m/sleep kind=waits depth=0 call=time.sleep`. Where several lines are
right, each has a mark. `depth` counts the depot's functions between the route (or dependency, middleware) and the line.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCES = sorted((FOLDER / "depot").rglob("*.py"))
TARGET = "depot.main:app"
PORTS = {"postgres": 5432, "mysql": 3306, "redis": 6379}
_MARK = re.compile(r"\s*# bed: (?P<name>[mg]/[\w-]+) (?P<facts>.*)$")
_ROUTE = re.compile(r'^@router\.get\("(?P<path>/[^"]+)"')
_PREFIX = re.compile(r'APIRouter\(prefix="(?P<prefix>[^"]+)"')


@dataclass(frozen=True)
class Mistake:
    """A place in the depot that blocks the loop."""

    name: str
    route: str
    """`GET /m/urlopen/{parcel_id}`."""
    file: Path
    line: int
    lines: frozenset[tuple[str, int]]
    """All lines that are right, with the file's name."""
    kind: str
    call: str
    depth: int
    root: str
    """`route`, or what else leads to it: `middleware`."""
    needs: str
    """The package that has to be there."""
    server: str

    @property
    def address(self) -> str:
        """The path to ask for."""
        return _filled(self.route)

    def missing(self) -> str:
        """What is not there and would have to be; empty where nothing is missing."""
        if self.needs and not installed(self.needs):
            return f"the package {self.needs}"
        if self.server and not _answers(self.server):
            return f"the server {self.server}"
        return ""


@dataclass(frozen=True)
class Clean:
    """A route that only looks as if it blocked."""

    name: str
    route: str
    needs: str
    lines: frozenset[tuple[str, int]]
    """Of its function."""

    @property
    def address(self) -> str:
        return _filled(self.route)

    def missing(self) -> str:
        return f"the package {self.needs}" if self.needs and not installed(self.needs) else ""


def _filled(route: str) -> str:
    return re.sub(r"\{\w+\}", "7", route.removeprefix("GET "))


@cache
def installed(package: str) -> bool:
    """Whether a package is there, and not one that stands in for it."""
    try:
        found = importlib.util.find_spec(package)
    except ValueError:  # it stands in for one
        return False
    return found is not None


@cache
def _answers(server: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", PORTS[server])) == 0


@dataclass(frozen=True)
class _Route:
    template: str
    file: Path
    line: int
    needs: str


@cache
def routes() -> dict[str, _Route]:
    """All of them, by `m/`, `g/` or `c/` and the name."""
    found = {}
    for path in sorted((FOLDER / "depot" / "routers").glob("*.py")):
        prefix = "/m" if path.stem == "labels" else ""  # given where it is included
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if declared := _PREFIX.search(line):
                prefix = declared["prefix"]
            if route := _ROUTE.match(line):
                template = prefix + route["path"]
                name = re.sub(r"^/(m/reports|m|c|g)/|/\{.*", "", template)
                found[f"{template[1]}/{name}"] = _Route(
                    f"GET {template}", path, number, line.partition("# needs=")[2].strip()
                )
    return found


def mistakes() -> tuple[Mistake, ...]:
    """All of them, in the order of their depth."""
    return _marked("m/")


def thieves() -> tuple[Mistake, ...]:
    """`def` routes that hold the interpreter in their thread."""
    return _marked("g/")


@cache
def _marked(prefix: str) -> tuple[Mistake, ...]:
    marked: dict[str, list[tuple[Path, int, dict[str, str]]]] = {}
    for path in SOURCES:
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            if mark := _MARK.match(line):
                facts = dict(fact.split("=", 1) for fact in mark["facts"].split())
                below = next(at for at in range(number, len(lines)) if not lines[at].lstrip().startswith("#"))
                marked.setdefault(mark["name"], []).append((path, below + 1, facts))
    found = [_mistake(name, places) for name, places in marked.items() if name.startswith(prefix)]
    return tuple(sorted(found, key=lambda mistake: (mistake.depth, mistake.name)))


def _mistake(name: str, places: list[tuple[Path, int, dict[str, str]]]) -> Mistake:
    path, line, facts = next(place for place in places if "kind" in place[2])
    lines = {(str(file), number) for file, number, _ in places}
    if facts.get("span") == "function":
        lines |= {(str(path), number) for number in _function_around(path, line)}
    return Mistake(
        name=name[2:],
        route=routes()[name].template,
        file=path,
        line=line,
        lines=frozenset(lines),
        kind=facts["kind"],
        call=facts["call"],
        depth=int(facts["depth"]),
        root=facts.get("root", "route"),
        needs=facts.get("needs", ""),
        server=facts.get("server", ""),
    )


def _function_around(path: Path, line: int) -> range:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    innermost = max(functions, key=lambda node: node.lineno)
    return range(innermost.lineno, (innermost.end_lineno or innermost.lineno) + 1)


@cache
def clean() -> tuple[Clean, ...]:
    """The routes that are to be left alone."""
    found = {name[2:]: route for name, route in routes().items() if name.startswith("c/")}
    return tuple(Clean(name, route.template, route.needs, _lines_of(route)) for name, route in found.items())


def _lines_of(route: _Route) -> frozenset[tuple[str, int]]:
    below = _function_around(route.file, route.line + 1)  # the decorator is a line of it, but not a call
    return frozenset((str(route.file), number) for number in below)
