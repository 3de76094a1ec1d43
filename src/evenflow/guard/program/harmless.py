"""Calls that block by their name, but not as they are written: a lock that is only tried, a queue without an end."""

from __future__ import annotations

import ast

from evenflow.guard.program.definitions import own_nodes
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import Arguments, Constant, Instance, Values

_WAITING_SWITCH = {"acquire": (0, "blocking"), "get": (0, "block"), "put": (1, "block")}
_QUEUES = ("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue")
_TIMEOUT = {"acquire": 1, "get": 1, "put": 2, "result": 0, "exception": 0, "join": 0, "wait": 0, "communicate": 1}


def harmless(frame: Frame, node: ast.AST, name: str, arguments: Arguments, of: Instance | None) -> bool:
    """Whether a call that the catalogue lists does not wait as it is written here."""
    owner, _, last = name.rpartition(".")
    module = owner.partition(".")[0]
    if module in ("threading", "queue", "multiprocessing", "concurrent") or owner.startswith("subprocess.Popen"):
        switch = _WAITING_SWITCH.get(last)
        if switch is not None and _is(arguments.at(*switch), False):
            return True
        if last in _TIMEOUT and _is(arguments.at(_TIMEOUT[last], "timeout"), 0):
            return True
    if owner in _QUEUES and last in ("put", "put_nowait"):
        return _endless(of)
    if owner == "queue.SimpleQueue" and last == "put":
        return True
    if last in ("result", "exception") and owner.startswith("concurrent.futures"):
        return _known_to_be_done(frame, node)
    if owner == "socket.socket":
        return _not_blocking(frame, node)
    return False


def _is(values: Values, wanted: object) -> bool:
    return any(isinstance(value, Constant) and value.value == wanted for value in values)


def _endless(queue: Instance | None) -> bool:
    if queue is None or queue.made is None:
        return False
    size = queue.made.at(0, "maxsize")
    given = bool(queue.made.plain) or any(name == "maxsize" for name, _ in queue.made.named)
    return not given or _is(size, 0)


def _known_to_be_done(frame: Frame, node: ast.AST) -> bool:
    """Whether the same function asked before, or awaited it."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or frame.function is None:
        return False
    future = ast.dump(node.func.value)
    return any(_asks(each, future) for each in own_nodes(frame.function.node))


def _asks(node: ast.AST, future: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "done":
        return ast.dump(node.func.value) == future
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called == "wrap_future" and any(ast.dump(each) == future for each in node.args)


def _not_blocking(frame: Frame, node: ast.AST) -> bool:
    """Whether the same function says `setblocking(False)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or frame.function is None:
        return False
    socket = ast.dump(node.func.value)
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and ast.dump(each.func.value) == socket
        and each.func.attr in ("setblocking", "settimeout")
        and bool(each.args)
        and isinstance(each.args[0], ast.Constant)
        and not each.args[0].value
        for each in own_nodes(frame.function.node)
    )
