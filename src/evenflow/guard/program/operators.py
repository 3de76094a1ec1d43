"""What Python calls by itself: `len(x)`, `x + y`, `x in y`, `x == y`, `f"{x}"`, of objects of the program's classes."""

from __future__ import annotations

import ast

from evenflow.guard.program.definitions import Class
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import UNKNOWN, Instance, Values, joined

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.MatMult: "matmul",
    ast.BitOr: "or",
    ast.BitAnd: "and",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
BY_BUILTIN = {
    **{
        name: f"__{name}__" for name in ("len", "str", "repr", "bool", "int", "float", "bytes", "hash", "abs", "format")
    },
    "print": "__str__",
    "round": "__round__",
}
"""Which method a builtin function calls."""


def special(frame: Frame, node: ast.AST, values: Values, name: str, *arguments: Values) -> Values:
    """What a method of theirs gives that Python looks for, where their class has it."""
    found = [
        frame.method(node, value, name, *arguments)
        for value in values
        if isinstance(value, Instance) and isinstance(value.of, Class) and _has(frame, value.of, name)
    ]
    return joined(*found)


def binary(frame: Frame, node: ast.BinOp, left: Values, right: Values) -> Values:
    """What an operator between two gives."""
    name = _BINARY.get(type(node.op))
    return special(frame, node, left, f"__{name}__", right) if name is not None else UNKNOWN


def compared(frame: Frame, node: ast.Compare) -> Values:
    """Calls what a comparison calls."""
    left = frame.evaluate(node.left)
    for operator, each in zip(node.ops, node.comparators, strict=True):
        right = frame.evaluate(each)
        if isinstance(operator, ast.In | ast.NotIn):
            special(frame, node, right, "__contains__", left)
        elif type(operator) in _COMPARED:
            special(frame, node, left, f"__{_COMPARED[type(operator)]}__", right)
        left = right
    return UNKNOWN


def _has(frame: Frame, definition: Class, name: str) -> bool:
    return any(isinstance(each, Class) and name in each.methods for each in frame.reader.order(definition))
