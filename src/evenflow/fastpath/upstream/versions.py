"""Whether FastAPI and Starlette are the ones whose code was read, and nobody has replaced parts of them.

Code is known by the hash of its syntax tree, without docstrings, annotations and positions. `known.json` holds the
hashes that passed the proof: FastAPI's own tests and the differential fuzzer. Whole files are known too, which is
quicker to see.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import _lru_cache_wrapper, cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

from evenflow.fastpath.upstream.watched import HANDLING, MATCHING, STANDARD

KNOWN = Path(__file__).with_name("known.json")
_DUNDERS = {"__init__", "__call__", "__getitem__", "__iter__", "__contains__"}
Watched = Mapping[str, tuple[str, ...]]


def patched() -> tuple[Any, ...]:
    """Everything watched, as it is at this moment: to see whether it is still the same."""
    return tuple(found for watched in (MATCHING, HANDLING, STANDARD) for _, found in _members(watched))


def unknown(watched: Watched) -> str | None:
    """Which of the watched functions has code that nobody has looked at."""
    return next(filter(None, (_unknown_in(module, watched[module]) for module in watched)), None)


def replaced(watched: Watched) -> str | None:
    """Which of the watched functions is not the one in its library's file."""
    return next((reason for _, reason in replacements(watched)), None)


def replacements(watched: Watched) -> Iterator[tuple[str, str]]:
    """Those of the watched functions that are not the ones in their library's file, and that in words."""
    for name, found in _members(watched):
        file = import_module(name.partition(":")[0]).__file__
        # A proxy says that it is a function, and has the code of the one within.
        if type(found) is not FunctionType or found.__code__.co_filename != file:
            yield name, f"{name.replace(':', '.')} was replaced by {_whose(found)}"


def rebound(watched: Watched) -> Iterator[tuple[str, str]]:
    """What FastAPI's modules know by the name of a watched function and is another one, and that in words."""
    modules = {module: there for module in watched if (there := _imported(module))}
    own: dict[str, list[ModuleType]] = {}
    for module, there in modules.items():
        for name in watched[module]:
            own.setdefault(name, []).append(there)
    for user in [module for module in modules if module.startswith("fastapi.")]:
        for name, found in vars(modules[user]).items():
            if name in own and not any(_is_of(module, name, found) for module in own[name]):
                yield f"{user}:{name}", f"{user}.{name} was replaced by {_whose(found)}"


def _is_of(module: ModuleType, name: str, found: Any) -> bool:
    if found is getattr(module, name, None):
        return True
    # What was replaced in its own module later is still itself where it was imported before.
    return type(found) is FunctionType and found.__code__.co_filename == module.__file__


def fingerprints(module: str, names: tuple[str, ...]) -> dict[str, str]:
    """The hash of each of these functions and classes, as their file has them; empty for one that is not there."""
    tree = ast.parse(_bytes(module))
    return {name: _fingerprint(_defined(tree, name.split("."))) for name in names}


def file_hash(module: str) -> str:
    """The hash of a module's whole file."""
    return sha256(_bytes(module)).hexdigest()[:32]


@cache
def _known() -> Any:
    return json.loads(KNOWN.read_text())


@cache
def _unknown_in(name: str, names: tuple[str, ...]) -> str | None:
    if file_hash(name) in _known()["files"].get(name, ()):
        return None
    functions = _known()["functions"].get(name, {})
    for function, found in fingerprints(name, names).items():
        if found not in functions.get(function, ()):
            return f"{name}.{function} is not one that was looked at"
    return None


def _members(watched: Watched) -> Iterator[tuple[str, Any]]:
    for module, names in watched.items():
        for name in names:
            found: Any = _imported(module)
            for part in name.split("."):
                found = getattr(found, part, None)
            yield from _functions(f"{module}:{name}", found)


def _imported(module: str) -> ModuleType | None:
    try:
        return import_module(module)
    except ImportError:
        # Older versions have fewer.
        return None


def _functions(name: str, found: Any) -> Iterator[tuple[str, Any]]:
    if found is None:
        return
    if not isinstance(found, type):
        yield name, _unwrapped(found)
        return
    for attribute, value in vars(found).items():
        plain = _unwrapped(value)
        written = getattr(getattr(plain, "__code__", None), "co_filename", "")
        # What a dataclass generates stands in no file; other methods of the language's are not watched.
        if callable(plain) and written != "<string>" and (not attribute.startswith("__") or attribute in _DUNDERS):
            yield f"{name}.{attribute}", plain


def _unwrapped(found: Any) -> Any:
    if isinstance(found, property):
        return found.fget
    if isinstance(found, staticmethod | classmethod):
        return found.__func__
    if isinstance(found, _lru_cache_wrapper):
        return found.__wrapped__
    return found.__func__ if isinstance(found, MethodType) else found


def _whose(found: Any) -> str:
    for wrapper in ("_self_wrapper", "_nr_wrapper"):  # of `wrapt`'s, and of New Relic's
        found = getattr(found, wrapper, found)
    # Who wraps a function well gives it the name and module of the one within; not the place it is written in.
    module = getattr(found, "__globals__", {}).get("__name__")
    return str(module or getattr(found, "__module__", None) or type(found).__module__)


def _bytes(module: str) -> bytes:
    file = getattr(_imported(module), "__file__", None)
    return Path(file).read_bytes() if file else b""


def _defined(tree: ast.AST, names: list[str]) -> ast.AST | None:
    for name in names:
        inner = (node for node in ast.iter_child_nodes(tree) if getattr(node, "name", None) == name)
        found = next(inner, None)
        if found is None:
            return None
        tree = found
    return tree


def _fingerprint(found: ast.AST | None) -> str:
    if found is None:
        return ""
    for node in ast.walk(found):
        _strip(node)
    return sha256(ast.dump(found).encode()).hexdigest()[:16]


def _strip(node: ast.AST) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.returns = None
    if isinstance(node, ast.arg):
        node.annotation = None
    if isinstance(node, ast.AnnAssign):
        node.annotation = ast.Constant(None)
    body = getattr(node, "body", None)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
        assert body is not None
        node.body = body[1:] or [ast.Pass()]
