"""What an attribute of something stands for."""

from __future__ import annotations

import ast

from evenflow.guard.program import hints
from evenflow.guard.program.binding import bound
from evenflow.guard.program.definitions import Class, Scope
from evenflow.guard.program.frame import Frame, Summary
from evenflow.guard.program.values import (
    UNKNOWN,
    Above,
    Alias,
    Arguments,
    ClassRef,
    Coroutine,
    FunctionRef,
    Giving,
    Inside,
    Instance,
    Items,
    Manager,
    Mapped,
    Outside,
    Partial,
    Value,
    Values,
    joined,
)

_READ_BY_NAME = ("property", "cached_property", "hybrid_property", "abstractproperty", "computed_field", "reify")


def attribute(frame: Frame, node: ast.AST, value: Value, name: str) -> Values:  # noqa: C901 - one kind each
    """What `value.name` stands for; a property's function is called."""
    if isinstance(value, Outside):
        return _of_outside(frame, value, name)
    if isinstance(value, Instance):
        if isinstance(value.of, str):
            return frozenset({Outside(f"{value.of}.{name}", value)})
        return _of_instance(frame, node, value, frame.reader.order(value.of), name)
    if isinstance(value, Inside):
        return _of_module(frame, value, name)
    if isinstance(value, ClassRef):
        return _of_class(frame, value, frame.reader.order(value.definition), name)
    if isinstance(value, Above):
        return _above(frame, node, value, name)
    if isinstance(value, Coroutine):
        return frozenset({Giving(value.result)}) if name == "result" else UNKNOWN
    if isinstance(value, Items):
        return frozenset({Giving(value.each)}) if name in ("pop", "popleft") else UNKNOWN
    if isinstance(value, Mapped):
        return _of_dict(value, name)
    if isinstance(value, Alias):
        return frame.attribute(node, value.objects, name)
    return UNKNOWN


def own_method(frame: Frame, definition: Class, name: str) -> Values:
    """A method as its class has it, with nothing bound."""
    node = definition.methods[name]
    function = definition.module.function(node, definition)
    return frame.reader.decorated(function, definition.scope or definition.module.scope)


def _above(frame: Frame, node: ast.AST, value: Above, name: str) -> Values:
    me = value.instance
    owner = me.definition if isinstance(me, ClassRef) else me.of
    if isinstance(owner, str):
        return UNKNOWN
    order = frame.reader.order(owner)
    after = order[order.index(value.definition) + 1 :] if value.definition in order else order[1:]
    return _of_class(frame, me, after, name) if isinstance(me, ClassRef) else _of_instance(frame, node, me, after, name)


def _of_outside(frame: Frame, value: Outside, name: str) -> Values:
    catalogue = frame.reader.catalogue
    full = f"{value.name}.{name}"
    kind = catalogue.returns(value.name)
    if kind is not None and catalogue.call(full) is None:
        # An attribute that is an object of a class that is known.
        return frozenset({Outside(f"{kind}.{name}", value.of)})
    return frozenset({Outside(full, value.of)})


def _of_module(frame: Frame, value: Inside, name: str) -> Values:
    module = value.module
    found = frame.reader.name(module, name)
    if found:
        return found
    inner = frame.reader.sources.find(f"{module.name}.{name}", module)
    return frozenset({Inside(inner)}) if inner is not None else UNKNOWN


def _of_class(frame: Frame, value: ClassRef, order: list[Class | str], name: str) -> Values:
    for each in order:
        if isinstance(each, str):
            continue
        if name in each.methods:
            method = own_method(frame, each, name)
            return _partial(method, value) if _decorated_as(each.methods[name], "classmethod") else method
        if name in each.fields:
            return _field(frame, each, name, None)
        inner = next((one for one in each.node.body if isinstance(one, ast.ClassDef) and one.name == name), None)
        if inner is not None:
            return frozenset({ClassRef(each.module.class_of(inner))})
    return _of_base(order, name, None)


def _of_instance(frame: Frame, node: ast.AST, value: Instance, order: list[Class | str], name: str) -> Values:
    for each in order:
        if isinstance(each, str):
            continue
        if name in each.methods:
            return _method(frame, node, value, each, name)
        found = UNKNOWN
        if name in each.writers:
            found = _written(frame, each, name, value)
        if name in each.fields and not found:
            found = _field(frame, each, name, value)
        if found:
            return found
        if name in each.writers or name in each.fields:
            return UNKNOWN
    return _of_base(order, name, value)


def _of_base(order: list[Class | str], name: str, value: Instance | None) -> Values:
    return frozenset(Outside(f"{each}.{name}", value) for each in order if isinstance(each, str))


def _method(frame: Frame, node: ast.AST, value: Instance, owner: Class, name: str) -> Values:
    method = owner.methods[name]
    found = own_method(frame, owner, name)
    if _decorated_as(method, "staticmethod"):
        return found
    if _decorated_as(method, "classmethod"):
        return _partial(found, ClassRef(value.of) if isinstance(value.of, Class) else value)
    if value.made is None and owner.module.function(method, owner).stub:
        found = joined(found, *_overriding(frame, owner, name))
    bound = _partial(found, value)
    if any(_decorated_as(method, each) for each in _READ_BY_NAME):
        return frame.call(node, bound, Arguments())
    return bound


def _overriding(frame: Frame, owner: Class, name: str) -> list[Values]:
    """The methods of those who do what a class only promises."""
    return [own_method(frame, each, name) for each in frame.reader.subclasses(owner) if name in each.methods]


def _written(frame: Frame, owner: Class, name: str, value: Instance) -> Values:
    # What this very function has just assigned.
    just = frame.summary.writes.get(name)
    if just and value in frame.me:
        return just
    made = _made(frame, value)
    if made is not None and name in made.writes:
        return made.writes[name]
    me: Values = frozenset({Instance(value.of)})
    found = []
    for node in owner.writers[name]:
        function = owner.module.function(node, owner)
        given = (me, *[UNKNOWN] * (len(function.parameters) - 1))
        found.append(frame.reader.summary(function, owner.scope, given).writes.get(name, UNKNOWN))
    return joined(*found)


def _made(frame: Frame, value: Instance) -> Summary | None:
    """What the constructor of an object did."""
    for each in frame.reader.order(value.of) if isinstance(value.of, Class) else ():
        if isinstance(each, Class) and "__init__" in each.methods:
            function = each.module.function(each.methods["__init__"], each)
            given = value.made or Arguments()
            passed = bound(function, Arguments((frozenset({value}), *given.plain), given.named))
            return frame.reader.summary(function, each.scope, passed)
    return None


def _field(frame: Frame, owner: Class, name: str, value: Instance | None) -> Values:
    statement = owner.fields[name]
    inner = frame.reader.frame_of(owner.module, owner.scope)
    passed = _passed(owner, name, value) if value is not None else UNKNOWN
    if passed:
        return passed
    said = hints.objects(inner, statement.annotation) if isinstance(statement, ast.AnnAssign) else UNKNOWN
    inner.scope = _class_scope(frame, owner, inner.scope, name)
    return joined(said, inner.evaluate(statement.value))


def _class_scope(frame: Frame, owner: Class, scope: Scope, but: str) -> Scope:
    """The names of a class's body: its methods."""
    for name in owner.methods:
        if name != but:
            scope.names[name] = own_method(frame, owner, name)
    return scope


def _passed(owner: Class, name: str, value: Instance) -> Values:
    """What the constructor of a dataclass was given."""
    if value.made is None or "__init__" in owner.methods:
        return UNKNOWN
    declared = [each for each, statement in owner.fields.items() if isinstance(statement, ast.AnnAssign)]
    return value.made.at(declared.index(name), name) if name in declared else UNKNOWN


def _partial(values: Values, first: Value) -> Values:
    given = Arguments((frozenset({first}),))
    return frozenset(
        Manager(Partial(value.what, given))
        if isinstance(value, Manager)
        else Partial(value, given)
        if isinstance(value, FunctionRef | Partial | Manager)
        else value
        for value in values
    )


def _of_dict(value: Mapped, name: str) -> Values:
    if name in ("get", "pop", "setdefault"):
        return frozenset({Giving(value.values)})
    if name == "values":
        return frozenset({Giving(frozenset({Items(value.values)}))})
    if name == "items":
        pair = Items(value.values, (UNKNOWN, value.values))
        return frozenset({Giving(frozenset({Items(frozenset({pair}))}))})
    return UNKNOWN


def _decorated_as(method: ast.AST, name: str) -> bool:
    for decorator in getattr(method, "decorator_list", ()):
        each = decorator.func if isinstance(decorator, ast.Call) else decorator
        last = each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "")
        if last == name:
            return True
    return False
