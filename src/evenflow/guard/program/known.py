"""What the standard library and the frameworks do with functions that they are given.

They call them at once, later in the loop, or in a thread; some only wrap them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from evenflow.guard.program import hints, operators, using
from evenflow.guard.program.frame import Frame, Where
from evenflow.guard.program.values import (
    UNKNOWN,
    Alias,
    Arguments,
    Coroutine,
    Dependency,
    FunctionRef,
    Instance,
    Items,
    Manager,
    Moved,
    Partial,
    Value,
    Values,
    joined,
    text_in,
)


@dataclass(frozen=True, slots=True)
class _Call:
    frame: Frame
    node: ast.AST
    name: str
    arguments: Arguments

    @property
    def first(self) -> Values:
        return self.arguments.plain[0] if self.arguments.plain else UNKNOWN

    def after(self, place: int) -> Arguments:
        return Arguments(self.arguments.plain[place:], self.arguments.named)


def call(frame: Frame, node: ast.AST, name: str, arguments: Arguments) -> Values | None:
    """What a call gives that is known; None for every other one."""
    found = _BY_NAME.get(name)
    if found is None:
        owner, _, last = name.rpartition(".")
        known = _BY_METHOD.get(last)
        if known is None or not any(each in owner for each in known[0]):
            return None
        found = known[1]
    return found(_Call(frame, node, name, arguments))


def _same(made: _Call) -> Values:
    return made.first


def awaited_results(values: Values) -> Values:
    """What awaiting these gives."""
    return joined(*[value.result for value in values if isinstance(value, Coroutine)])


def _task(made: _Call) -> Values:
    coroutine = made.first or made.arguments.at(0, "coro")
    return frozenset({value for value in coroutine if isinstance(value, Coroutine)}) or frozenset({Coroutine(UNKNOWN)})


def _gather(made: _Call) -> Values:
    each = tuple(awaited_results(values) for values in made.arguments.plain)
    return frozenset({Coroutine(frozenset({Items(joined(*each), each)}))})


def _thread(made: _Call) -> Values:
    return frozenset({Coroutine(_aside(made, made.first, made.after(1)))})


def _executor(made: _Call) -> Values:
    function = made.arguments.at(1, "func")
    return frozenset({Coroutine(_aside(made, function, made.after(2)))})


def _submit(made: _Call) -> Values:
    _aside(made, made.first, made.after(1))
    return frozenset({Instance("concurrent.futures.Future")})


def _new_thread(made: _Call) -> Values:
    place = 1 if made.name.rpartition(".")[2] in ("Thread", "Process", "Timer") else 0
    _aside(made, made.arguments.at(place, "target") or made.arguments.at(place, "function"), Arguments())
    return frozenset({Instance(made.name)})


def _aside(made: _Call, function: Values, arguments: Arguments) -> Values:
    return using.elsewhere(made.frame, made.node, function, arguments, "thread")


def _background(made: _Call) -> Values:
    for value in made.arguments.at(0, "func"):
        where: Where = "loop" if _is_coroutine_function(value) else "thread"
        using.elsewhere(made.frame, made.node, frozenset({value}), made.after(1), where)
    return UNKNOWN


def _is_coroutine_function(value: Value) -> bool:
    if isinstance(value, Partial):
        return _is_coroutine_function(value.what)
    return isinstance(value, FunctionRef) and value.definition.is_async


def _threadsafe(made: _Call) -> Values:
    for value in made.first:
        if isinstance(value, Coroutine) and value.summary is not None:
            made.frame.step(made.node, value.summary, "loop")
    return frozenset({Instance("concurrent.futures.Future")})


def _soon(made: _Call) -> Values:
    place = 1 if made.name.endswith(("call_later", "call_at")) else 0
    callback = made.arguments.at(place, "callback")
    using.elsewhere(made.frame, made.node, callback, made.after(place + 1), "loop")
    return UNKNOWN


def _partial(made: _Call) -> Values:
    return frozenset(Partial(value, made.after(1)) for value in made.first)


def _manager(made: _Call) -> Values:
    return frozenset(Manager(value) for value in made.first)


def _moved(made: _Call) -> Values:
    return frozenset(Moved(value) for value in made.first)


def _depends(made: _Call) -> Values:
    return frozenset({Dependency(made.arguments.at(0, "dependency"))})


def _cast(made: _Call) -> Values:
    return hints.instances(made.frame, made.first)[0] or made.arguments.at(1, "val")


def _new_type(made: _Call) -> Values:
    return frozenset({Alias(hints.instances(made.frame, made.arguments.at(1, "tp"))[0])})


def _type_variable(made: _Call) -> Values:
    return frozenset({Alias(hints.instances(made.frame, made.arguments.keyword("bound"))[0])})


def _field(made: _Call) -> Values:
    factory = made.arguments.keyword("default_factory") or made.arguments.keyword("factory")
    return made.frame.call(made.node, factory, Arguments()) or made.arguments.at(0, "default")


def _iterate(made: _Call) -> Values:
    several = [using.iterated(made.frame, made.node, each) for each in made.arguments.plain]
    key = made.arguments.keyword("key")
    every = joined(*several)
    made.frame.call(made.node, key, Arguments((every,)))
    if made.name.endswith((".next", ".max", ".min")):
        return every
    if made.name.endswith(".enumerate"):
        return frozenset({Items(frozenset({Items(every, (UNKNOWN, every))}))})
    if made.name.endswith(".zip"):
        return frozenset({Items(frozenset({Items(every, tuple(several))}))})
    return frozenset({Items(every)})


def _apply(made: _Call) -> Values:
    several = tuple(using.iterated(made.frame, made.node, each) for each in made.arguments.plain[1:])
    found = made.frame.call(made.node, made.first, Arguments(several or (UNKNOWN,)))
    return frozenset({Items(joined(*several) if made.name.endswith(".filter") else found)})


def _callback(made: _Call) -> Values:
    made.frame.call(made.node, made.first, Arguments((UNKNOWN, UNKNOWN)))
    return UNKNOWN


def _enter_context(made: _Call) -> Values:
    asynchronous = made.name.endswith("async_context")
    found = [using.entered(made.frame, made.node, each, asynchronous=asynchronous) for each in made.first]
    result = joined(*found)
    return frozenset({Coroutine(result)}) if asynchronous else result


def _getattr(made: _Call) -> Values:
    name = text_in(made.arguments.at(1, "name"))
    found = made.frame.attribute(made.node, made.first, name) if name is not None else UNKNOWN
    return joined(found, made.arguments.at(2, "default"))


def _special(made: _Call) -> Values:
    name = operators.BY_BUILTIN[made.name.rpartition(".")[2]]
    for values in made.arguments.plain:
        operators.special(made.frame, made.node, values, name)
    return UNKNOWN


def _of_class(made: _Call) -> Values:
    return hints.classes_of(made.first)


def _loop(made: _Call) -> Values:
    return frozenset({Instance("asyncio.AbstractEventLoop")})


_Handler = Callable[[_Call], Values]

_BY_NAME: dict[str, _Handler] = {
    **dict.fromkeys(
        (
            "asyncio.to_thread",
            "anyio.to_thread.run_sync",
            "starlette.concurrency.run_in_threadpool",
            "fastapi.concurrency.run_in_threadpool",
            "fastapi.run_in_threadpool",
            "trio.to_thread.run_sync",
            "anyio.to_process.run_sync",
            "anyio.to_interpreter.run_sync",
        ),
        _thread,
    ),
    **dict.fromkeys(
        ("threading.Thread", "threading.Timer", "multiprocessing.Process", "multiprocessing.context.Process"),
        _new_thread,
    ),
    **dict.fromkeys(
        ("asyncio.create_task", "asyncio.ensure_future", "asyncio.tasks.create_task", "asyncio.Task"), _task
    ),
    **dict.fromkeys(("asyncio.shield", "asyncio.wait_for", "anyio.fail_after"), _same),
    **dict.fromkeys(("asgiref.sync.sync_to_async", "asyncer.asyncify", "asyncer.to_thread"), _moved),
    **dict.fromkeys(("contextlib.contextmanager", "contextlib.asynccontextmanager"), _manager),
    **dict.fromkeys(("functools.partial", "functools.partialmethod"), _partial),
    **dict.fromkeys(
        (
            "fastapi.Depends",
            "fastapi.Security",
            "fastapi.params.Depends",
            "fastapi.params.Security",
            "fastapi.param_functions.Depends",
            "fastapi.param_functions.Security",
        ),
        _depends,
    ),
    **dict.fromkeys(
        ("dataclasses.field", "pydantic.Field", "pydantic.PrivateAttr", "attrs.field", "attr.ib", "sqlmodel.Field"),
        _field,
    ),
    **dict.fromkeys(("typing.cast", "typing_extensions.cast"), _cast),
    "typing.TypeVar": _type_variable,
    "typing_extensions.TypeVar": _type_variable,
    "typing.NewType": _new_type,
    **dict.fromkeys(
        tuple(f"asyncio.{name}" for name in ("get_running_loop", "get_event_loop", "new_event_loop")), _loop
    ),
    "asyncio.gather": _gather,
    "asyncio.run_coroutine_threadsafe": _threadsafe,
    **dict.fromkeys(
        tuple(
            f"builtins.{name}"
            for name in (
                *("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "enumerate", "zip", "sum", "any"),
                *("all", "max", "min", "next", "dict"),
            )
        ),
        _iterate,
    ),
    **dict.fromkeys(("builtins.map", "builtins.filter"), _apply),
    **dict.fromkeys(("functools.reduce",), _callback),
    **dict.fromkeys((f"builtins.{name}" for name in operators.BY_BUILTIN), _special),
    "builtins.getattr": _getattr,
    "builtins.type": _of_class,
}
"""By full name."""

_BY_METHOD: dict[str, tuple[tuple[str, ...], _Handler]] = {
    "run_in_executor": (("",), _executor),
    "submit": (("Executor",), _submit),
    "map": (("PoolExecutor",), lambda made: _submit(made) and UNKNOWN),
    "add_task": (("BackgroundTasks",), _background),
    "create_task": (("asyncio", "Loop", "TaskGroup"), _task),
    "start_soon": (("TaskGroup", "Nursery"), _soon),
    "call_soon": (("asyncio", "Loop"), _soon),
    "call_soon_threadsafe": (("asyncio", "Loop"), _soon),
    "call_later": (("asyncio", "Loop"), _soon),
    "call_at": (("asyncio", "Loop"), _soon),
    "enter_context": (("ExitStack",), _enter_context),
    "enter_async_context": (("ExitStack",), _enter_context),
    "BackgroundTask": (("background",), _background),
}
"""By the last part of the name, where the class contains one of these."""
