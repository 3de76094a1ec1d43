"""What a line of the program calls, where that is no Python function and so not on the stack: `time.sleep`."""

from __future__ import annotations

import ast
import builtins
import dis
import linecache
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getattr_static
from itertools import islice
from types import CodeType, FrameType, MemberDescriptorType, ModuleType
from typing import Any

_NOTHING = object()
_IMPLIED = {"BEFORE_WITH": "__enter__", "FOR_ITER": "__next__"}
"""What is called where there are no parentheses: `with lock:`, `for row in cursor:`."""


@dataclass(frozen=True, slots=True)
class Calling:
    """A frame's place in its code, and what its names meant then. It holds objects: do not keep it."""

    code: CodeType
    instruction: int
    names: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, frame: FrameType) -> Calling:
        """As it is now; the frame runs on afterwards."""
        return cls(frame.f_code, frame.f_lasti, (dict(frame.f_locals), frame.f_globals, vars(builtins)))

    def called(self) -> list[str]:
        """The full names of what is called, the likeliest first; none where nothing is, or it cannot be told.

        No code of the program is run to find out.
        """
        expression = _expression(self.code, self.instruction)
        implied = _IMPLIED.get(dis.opname[self.code.co_code[self.instruction]])
        if isinstance(expression, ast.Call):
            expression = expression.func
        elif expression is not None and implied:
            expression = ast.Attribute(expression, implied)
        else:
            return []
        path = _path(expression)
        if not path:
            return []
        value = next((names[path[0]] for names in self.names if path[0] in names), _NOTHING)
        written = value.__name__ if isinstance(value, ModuleType) else ""
        owner: Any = None
        for name in path[1:]:
            owner, value = value, _attribute(value, name)
            written = f"{written}.{name}" if written else ""
        if value is _NOTHING:
            return []
        if len(path) == 1 and path[0] in vars(builtins) and value is vars(builtins)[path[0]]:
            return [f"builtins.{path[0]}"]
        names = [written, *_method_names(owner, path[-1]), _own_name(value)]
        return list(dict.fromkeys(name for name in names if name))


def _method_names(owner: Any, name: str) -> list[str]:
    if owner is None or isinstance(owner, ModuleType):
        return []
    if name == "__enter__" and hasattr(type(owner), "acquire"):
        name = "acquire"
    kind = owner if isinstance(owner, type) else type(owner)
    definer = next((each for each in kind.__mro__ if name in vars(each)), kind)
    return [f"{each.__module__}.{each.__qualname__}.{name}" for each in (kind, definer)]


def _own_name(value: Any) -> str:
    module, name = (getattr_static(value, each, None) for each in ("__module__", "__qualname__"))
    if isinstance(module, str) and isinstance(name, str):
        return f"{module}.{name}"
    # A C function keeps them behind descriptors of its own type, which are safe to ask.
    if type(value).__name__ == "builtin_function_or_method" and value.__module__:
        return f"{value.__module__}.{value.__qualname__}"
    return ""


def _attribute(value: Any, name: str) -> Any:
    if value is _NOTHING:
        return _NOTHING
    found = getattr_static(value, name, _NOTHING)
    # The value of a slot can be read; what else has `__get__` is a method or a property, which is not run.
    if isinstance(found, MemberDescriptorType) and not isinstance(value, type):
        try:
            return found.__get__(value)
        except AttributeError:
            return _NOTHING
    return found


def _path(node: ast.expr | None) -> list[str]:
    """`["self", "cursor", "execute"]`; a call in the middle ends what can be told."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    return [node.id, *path] if isinstance(node, ast.Name) else []


def _expression(code: CodeType, instruction: int) -> ast.expr | None:
    """What the code is at."""
    position = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    line, last, start, end = position
    if line is None or last is None or start is None or end is None:
        return None
    lines = [linecache.getline(code.co_filename, number).encode() for number in range(line, last + 1)]
    if not all(lines):
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    text = b"".join(lines)
    try:
        return ast.parse(b"(" + text + b")", mode="eval").body
    except (SyntaxError, ValueError):
        return _head(text)


def _head(text: bytes) -> ast.expr | None:
    """Of a whole `with` or `for`, which Python before 3.13 gives as the place, what stands in its first line."""
    try:
        match ast.parse(text).body:
            case [ast.With(items=[first, *_])]:
                return first.context_expr
            case [ast.For(iter=iterated)]:
                return iterated
    except (SyntaxError, ValueError):
        pass
    return None
