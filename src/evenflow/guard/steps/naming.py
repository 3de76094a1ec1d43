"""What a call on a stack is called, and what the catalogue says of it."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

from evenflow.guard.catalogue import Catalogue, Entry
from evenflow.guard.steps.event import ONE_PER_APP
from evenflow.guard.steps.frames import Frame


def listed(frames: Sequence[Frame], catalogue: Catalogue) -> Entry | None:
    """The catalogue's entry of the outermost of a library's calls (given innermost first) that has one."""
    for frame in reversed(frames):
        for name in (frame.full_name, public_name(frame.module, frame.name)):
            entry = catalogue.call(name)
            if entry is not None:
                return Entry(catalogue.canonical(name), entry.kind, entry.fix)
    return None


@lru_cache(maxsize=2000)
def public_name(module: str, name: str) -> str:
    """`requests.get`, not `requests.api.get`: by the shortest package that gives the same function or class."""
    first = name.partition(".")[0]
    here = _plain(vars(sys.modules[module]).get(first)) if module in sys.modules else None
    parts = module.split(".")
    for length in range(1, len(parts)):
        package = sys.modules.get(".".join(parts[:length]))
        if here is not None and package is not None and _plain(vars(package).get(first)) is here:
            return ".".join([*parts[:length], name])
    return f"{module}.{name}"


def _plain(found: Any) -> Any:
    return getattr(found, "__wrapped__", found)


def constructed(frame: Frame) -> str | None:
    """The full name of the class whose object is being made there, if it is one that an app needs one of."""
    owner, _, method = frame.name.rpartition(".")
    if method != "__init__":
        return None
    root = frame.module.partition(".")[0]
    return next((name for name in ONE_PER_APP if name.startswith(f"{root}.") and name.endswith(f".{owner}")), None)


def called_from(frame: Frame) -> str | None:
    """The name of the function in C that `frame` is calling, full as far as its source tells; None for no call.

    It is read from the source at the place where the frame stands, so it holds no values.
    """
    written = _expression_at(frame.code, frame.position)
    if written is None:
        return None
    root, *rest = written.split(".")
    module = sys.modules.get(frame.module)
    found: Any = vars(module).get(root) if module is not None else None
    if isinstance(found, (ModuleType, type)) and rest:
        return ".".join([_full_name(found) or root, *rest])
    return written if rest else _full_name(found) or written


def _full_name(found: Any) -> str | None:
    if isinstance(found, ModuleType):
        return found.__name__
    module, name = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    return f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else None


def _expression_at(code: CodeType, position: int) -> str | None:
    positions = list(code.co_positions())
    index = position // 2
    if not 0 <= index < len(positions):
        return None
    line, end_line, begin, end = positions[index]
    if line is None or end_line is None or begin is None or end is None:
        return None
    lines = [linecache.getline(code.co_filename, number) for number in range(line, end_line + 1)]
    encoded = [text.encode() for text in lines]
    if not encoded:
        return None
    encoded[-1] = encoded[-1][:end]
    encoded[0] = encoded[0][begin:]
    try:
        tree = ast.parse(b"".join(encoded).decode().strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    tree = tree.value if isinstance(tree, ast.Await) else tree
    return _dotted(tree.func) if isinstance(tree, ast.Call) else None


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner is not None else None
    return None
