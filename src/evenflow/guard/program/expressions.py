"""What an expression stands for, and whom it calls."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from evenflow.guard.program import hints, operators, using
from evenflow.guard.program.frame import Frame
from evenflow.guard.program.values import (
    UNKNOWN,
    Above,
    Alias,
    Arguments,
    ClassRef,
    Constant,
    Coroutine,
    FunctionRef,
    Instance,
    Items,
    Mapped,
    Outside,
    Value,
    Values,
    joined,
    telling,
    text_in,
)

_BUILTINS = frozenset(dir(builtins))
_EXACTLY = 8
"""Items of which it is known which stands where."""
_PATHS = ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath")


def evaluate(frame: Frame, node: ast.expr, *, awaited: bool = False) -> Values:
    """What an expression stands for; `awaited` where its result is awaited at once."""
    if isinstance(node, ast.Call):
        return _call(frame, node, awaited=awaited)
    found = _EXPRESSIONS.get(type(node))
    if found is not None:
        return found(frame, node)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(frame, child)
    return UNKNOWN


def look_up(frame: Frame, name: str) -> Values:
    """What a name stands for."""
    if name not in frame.globals:
        found = frame.scope.find(name)
        if found is not None:
            return found
    elif name in frame.summary.shared:
        return joined(frame.summary.shared[name], frame.reader.name(frame.module, name))
    found = frame.reader.name(frame.module, name)
    if not found and name in _BUILTINS and name not in frame.module.bindings:
        return frozenset({Outside(f"builtins.{name}")})
    return found


def _call(frame: Frame, node: ast.Call, *, awaited: bool) -> Values:
    if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.function is not None:
        return _super(frame)
    function = evaluate(frame, node.func)
    arguments = _arguments(frame, node)
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "add") and node.args:
        _grow(frame, node.func.value, arguments.at(0, ""))
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and isinstance(node.func.value, ast.Name):
        chosen = _chosen(evaluate(frame, node.func.value), text_in(arguments.at(0, "key")))
        if chosen:
            return joined(chosen, arguments.at(1, "default"))
    return frame.call(node, function, arguments, awaited=awaited)


def _grow(frame: Frame, node: ast.expr, added: Values) -> None:
    """A list that something is appended to."""
    if isinstance(node, ast.Name) and added:
        before = frame.scope.names.get(node.id)
        if before is not None and any(isinstance(value, Items) for value in before):
            inner = joined(added, *[value.each for value in before if isinstance(value, Items)])
            frame.scope.names[node.id] = frozenset({Items(inner)})


def _super(frame: Frame) -> Values:
    function = frame.function
    if function is None or function.owner is None:
        return UNKNOWN
    return frozenset(Above(function.owner, me) for me in frame.me if isinstance(me, Instance | ClassRef))


def _arguments(frame: Frame, node: ast.Call) -> Arguments:
    plain: list[Values] = []
    open_ended = False
    for each in node.args:
        if isinstance(each, ast.Starred):
            spread = evaluate(frame, each.value)
            exact = next(
                (value.exact for value in spread if isinstance(value, Items) and value.exact is not None), None
            )
            if exact is not None and not open_ended:
                plain.extend(exact)
            else:
                open_ended = True
        elif open_ended:
            evaluate(frame, each)
        else:
            plain.append(evaluate(frame, each))
    named: list[tuple[str, Values]] = []
    for keyword in node.keywords:
        values = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            named.append((keyword.arg, values))
        else:
            named.extend(pair for value in values if isinstance(value, Mapped) for pair in value.known)
    return Arguments(tuple(plain), tuple(named))


def _name(frame: Frame, node: ast.Name) -> Values:
    return look_up(frame, node.id)


def _constant(frame: Frame, node: ast.Constant) -> Values:
    return frozenset({Constant(node.value)}) if isinstance(node.value, str | int | float | bool) else UNKNOWN


def _attribute(frame: Frame, node: ast.Attribute) -> Values:
    if isinstance(node.value, ast.Attribute) and node.value.attr == "state":
        state = frame.reader.state(node.attr)
        if state:
            return state
    return frame.attribute(node, evaluate(frame, node.value), node.attr)


def _await(frame: Frame, node: ast.Await) -> Values:
    found = []
    for value in evaluate(frame, node.value, awaited=True):
        if isinstance(value, Coroutine):
            found.append(value.result)
        elif isinstance(value, Instance | Items):
            # A call of another library's, of which only the result is known.
            found.append(frozenset({value}))
    return joined(*found)


def _lambda(frame: Frame, node: ast.Lambda) -> Values:
    function = frame.module.function(node, None, frame.function)
    return frozenset({FunctionRef(function, frame.scope if frame.function is not None else frame.module.scope)})


def _choice(frame: Frame, node: ast.IfExp) -> Values:
    evaluate(frame, node.test)
    return joined(evaluate(frame, node.body), evaluate(frame, node.orelse))


def _boolean(frame: Frame, node: ast.BoolOp) -> Values:
    return joined(*[evaluate(frame, each) for each in node.values])


def _binary(frame: Frame, node: ast.BinOp) -> Values:
    left, right = evaluate(frame, node.left), evaluate(frame, node.right)
    found = operators.binary(frame, node, left, right)
    if found:
        return found
    if isinstance(node.op, ast.BitOr):
        return frozenset(
            each for each in joined(left, right) if isinstance(each, ClassRef | Outside | Alias | Constant)
        )
    if isinstance(node.op, ast.Add):
        first, second = text_in(left), text_in(right)
        if first is not None and second is not None:
            return frozenset({Constant(first + second)})
    if isinstance(node.op, ast.Div):
        objects = [using.object_of(frame, each) for each in left | right if isinstance(each, Outside)]
        return frozenset(
            each for each in left.union(right, *objects) if isinstance(each, Instance) and each.of in _PATHS
        )
    return frozenset(each for each in left if isinstance(each, Items))


def _text(frame: Frame, node: ast.JoinedStr) -> Values:
    parts: list[str | None] = []
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
        elif isinstance(each, ast.FormattedValue):
            inner = evaluate(frame, each.value)
            operators.special(frame, each, inner, "__format__", UNKNOWN)
            operators.special(frame, each, inner, "__str__")
            parts.append(text_in(inner))
    return UNKNOWN if None in parts else frozenset({Constant("".join(filter(None, parts)))})


def _items(frame: Frame, node: ast.List | ast.Tuple | ast.Set) -> Values:
    exact = []
    for each in node.elts:
        if isinstance(each, ast.Starred):
            inner = using.iterated(frame, each, evaluate(frame, each.value))
            return frozenset({Items(joined(inner, *[evaluate(frame, one) for one in node.elts if one is not each]))})
        exact.append(evaluate(frame, each))
    if len(exact) > _EXACTLY:
        return frozenset({Items(telling(joined(*exact)))})
    return frozenset({Items(joined(*exact), tuple(exact))})


def _dict(frame: Frame, node: ast.Dict) -> Values:
    values: list[Values] = []
    known: list[tuple[str, Values]] = []
    for key, each in zip(node.keys, node.values, strict=True):
        found = evaluate(frame, each)
        if key is None:
            values.extend(one.values for one in found if isinstance(one, Mapped))
            known.extend(pair for one in found if isinstance(one, Mapped) for pair in one.known)
            continue
        values.append(found)
        name = text_in(evaluate(frame, key))
        if name is not None:
            known.append((name, found))
    if len(known) > _EXACTLY:
        # A large table: only what can be called matters.
        known = [(name, kept) for name, each in known if (kept := telling(each))]
        values = [telling(each) for each in values]
    return frozenset({Mapped(joined(*values), tuple(known))})


def _subscript(frame: Frame, node: ast.Subscript) -> Values:
    base = evaluate(frame, node.value)
    for value in base:
        written = hints.subscripted(frame, value, node)
        if written is not None:
            return written
    key = evaluate(frame, node.slice)
    return joined(*[_element(frame, node, value, key) for value in base])


def _element(frame: Frame, node: ast.Subscript, value: Value, key: Values) -> Values:
    if isinstance(value, Items):
        if isinstance(node.slice, ast.Slice):
            return frozenset({Items(value.each)})
        if isinstance(node.slice, ast.Constant) and value.exact is not None and isinstance(node.slice.value, int):
            place = node.slice.value
            return value.exact[place] if -len(value.exact) <= place < len(value.exact) else UNKNOWN
        return value.each
    if isinstance(value, Mapped):
        return _chosen(frozenset({value}), text_in(key)) or value.values
    if isinstance(value, Instance):
        return frame.method(node, value, "__getitem__", key)
    return UNKNOWN


def _chosen(base: Values, key: str | None) -> Values:
    return joined(
        *[dict(each.known).get(key, UNKNOWN) for each in base if isinstance(each, Mapped) and key is not None]
    )


def _comprehension(frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
    _generators(frame, node.generators)
    return frozenset({Items(evaluate(frame, node.elt))})


def _dict_comprehension(frame: Frame, node: ast.DictComp) -> Values:
    _generators(frame, node.generators)
    evaluate(frame, node.key)
    return frozenset({Mapped(evaluate(frame, node.value))})


def _generators(frame: Frame, generators: list[ast.comprehension]) -> None:
    for each in generators:
        values = using.iterated(frame, each.iter, evaluate(frame, each.iter), asynchronous=bool(each.is_async))
        assign(frame, each.target, values)
        for condition in each.ifs:
            evaluate(frame, condition)


def _named(frame: Frame, node: ast.NamedExpr) -> Values:
    found = evaluate(frame, node.value)
    assign(frame, node.target, found)
    return found


def _yield(frame: Frame, node: ast.Yield) -> Values:
    frame.summary.yields = joined(frame.summary.yields, frame.evaluate(node.value))
    return UNKNOWN


def _yield_from(frame: Frame, node: ast.YieldFrom) -> Values:
    inner = using.iterated(frame, node, evaluate(frame, node.value))
    frame.summary.yields = joined(frame.summary.yields, inner)
    return UNKNOWN


def assign(frame: Frame, target: ast.expr, values: Values) -> None:
    """Assigns to a name, an attribute, or several at once."""
    if isinstance(target, ast.Name):
        frame.bind(target.id, values)
    elif isinstance(target, ast.Attribute):
        _assign_attribute(frame, target, values)
    elif isinstance(target, ast.Tuple | ast.List):
        for place, each in enumerate(target.elts):
            if isinstance(each, ast.Starred):
                inner = joined(*[value.each for value in values if isinstance(value, Items)])
                assign(frame, each.value, frozenset({Items(inner)}))
                continue
            assign(frame, each, joined(*[_at(frame, each, value, place) for value in values]))
    elif isinstance(target, ast.Subscript):
        _assign_element(frame, target, values)


def _assign_attribute(frame: Frame, target: ast.Attribute, values: Values) -> None:
    if isinstance(target.value, ast.Attribute) and target.value.attr == "state":
        shared = frame.summary.shared
        shared[f".{target.attr}"] = joined(shared.get(f".{target.attr}", UNKNOWN), values)
    elif evaluate(frame, target.value) & frame.me:
        writes = frame.summary.writes
        writes[target.attr] = joined(writes.get(target.attr, UNKNOWN), values)


def _assign_element(frame: Frame, target: ast.Subscript, values: Values) -> None:
    key = evaluate(frame, target.slice)
    before = evaluate(frame, target.value)
    operators.special(frame, target, before, "__setitem__", key, values)
    dicts = [value for value in before if isinstance(value, Mapped)]
    if dicts and values and isinstance(target.value, ast.Name) and target.value.id in frame.scope.names:
        inner = joined(values, *[each.values for each in dicts])
        frame.scope.names[target.value.id] = frozenset({Mapped(inner, dicts[0].known)})


def _at(frame: Frame, node: ast.expr, value: Value, place: int) -> Values:
    if isinstance(value, Items):
        if value.exact is not None:
            return value.exact[place] if place < len(value.exact) else UNKNOWN
        return value.each
    return using.iterated(frame, node, frozenset({value}))


_EXPRESSIONS: dict[type[ast.AST], Callable[[Frame, Any], Values]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.Lambda: _lambda,
    ast.IfExp: _choice,
    ast.BoolOp: _boolean,
    ast.BinOp: _binary,
    ast.Compare: operators.compared,
    ast.JoinedStr: _text,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.Dict: _dict,
    ast.Subscript: _subscript,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.NamedExpr: _named,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
