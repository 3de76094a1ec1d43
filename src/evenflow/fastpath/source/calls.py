"""Writes how dependencies are called: depth first, each after its own parameters, as FastAPI does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from evenflow.fastpath.plan import Absent, Callee, How, Parameter, everything
from evenflow.fastpath.source.code import Code
from evenflow.fastpath.source.parameters import write_body, write_parameter

GENERATORS = {How.ASYNC_GENERATOR, How.GENERATOR}


class Calls:
    """Writes the calls of one route."""

    def __init__(self, code: Code, *, overridable: bool, stacked: bool, texts: bool) -> None:
        self._code = code
        self._texts = texts
        self._stacked = stacked
        self._blocks = ExitStack()
        """The `async with` blocks of generators that are open, where there are no exit stacks."""
        self._shielded = False
        self._overridable = overridable
        self._values: dict[Any, str] = {}
        """The local variable in which the value of each cache key is found later."""
        self._sure: set[Any] = set()
        """The keys whose value is there, whatever errors there were."""
        self._places = 0
        self._done: list[tuple[int, str]] = []
        """The places in the tree of dependencies that have been left, and the variables with their values."""
        self._begun: dict[int, str | None] = {}
        """Those that have been begun, and the variables with the number of errors at that time."""

    def write_arguments(self, callee: Callee) -> str:
        """Writes everything `callee` needs; gives its arguments."""
        arguments = []
        for each in callee.dependencies:
            value = self._write_dependency(each)
            if each.name is not None:
                arguments.append(f"{each.name}={value}")
        arguments += [write_parameter(self._code, parameter) for parameter in callee.parameters]
        if callee.body is not None:
            arguments += write_body(self._code, callee.body, texts=self._texts)
        return ", ".join(arguments + self._special(callee))

    def close_blocks(self) -> None:
        """Ends the blocks of all generators; what is written next runs after they have been left."""
        self._blocks.close()

    def _write_dependency(self, callee: Callee) -> str:
        code = self._code
        self._places += 1
        place = self._places
        self._write_way_out(place)
        known = callee.shared and callee.key in self._values
        value = self._values[callee.key] if known else code.variable("d")
        mark = self._write_mark(callee, value, known=known)
        self._begun[place] = mark
        arguments = self.write_arguments(callee)
        del self._begun[place]
        self._done.append((place, value))
        if known and callee.key in self._sure:
            return value
        conditions = ([f"len(errors) == {mark}"] if mark else []) + ([f"{value} is MISSING"] if known else [])
        if conditions:
            with code.block(f"if {' and '.join(conditions)}:"):
                self._write_call(callee, value, arguments)
        else:
            self._write_call(callee, value, arguments)
        self._remember(callee, value, sure=not mark)
        return value

    def _write_mark(self, callee: Callee, value: str, *, known: bool) -> str | None:
        # A dependency is called only if nothing was wrong with its own parameters and those below it.
        if not can_fail(callee):
            return None
        if not known:
            self._code.line(f"{value} = MISSING")
        mark = self._code.variable("n")
        self._code.line(f"{mark} = len(errors)")
        return mark

    def _remember(self, callee: Callee, value: str, *, sure: bool) -> None:
        first = self._values.setdefault(callee.key, value)
        if first != value and callee.key not in self._sure:
            self._code.line(f"if {first} is MISSING: {first} = {value}")
        if sure:
            self._sure.add(callee.key)

    def _write_way_out(self, place: int) -> None:
        # What has run may have put an override in place for what has not; FastAPI looks each time, so do we.
        if not self._overridable or not self._done:
            return
        done = "".join(f"({number}, {value}), " for number, value in self._done)
        begun = ", ".join(f"{number}: {mark}" for number, mark in self._begun.items() if mark)
        progress = f"Progress(PLAN, {place}, ({done}), {{{begun}}}, errors, body, reply, background)"
        with self._code.block("if OVERRIDES.dependency_overrides:"):
            if self._stacked:
                self._code.line(f"response = await resumed_response({progress}, request)")
                self._code.line("break")
            else:
                self._code.line("sender = Sender(send)")
                self._code.line("request = remade_request(scope, receive, sender, raw_body, body)")
                self._code.line(f"return await resumed({progress}, request, receive, sender)")

    def _write_call(self, callee: Callee, value: str, arguments: str) -> None:
        code = self._code
        if callee.how in GENERATORS and not self._stacked:
            self._open_block(callee, value, arguments)
            return
        if callee.how in GENERATORS:
            dependant = code.constant("DEPENDANT", callee.dependant)
            stack = "function_stack" if callee.function_scope else "request_stack"
            given = f"dependant={dependant}, stack={stack}, sub_values=dict({arguments}), request=request"
            code.line(f"{value} = await solve_generator({given})")
            return
        called = written_call(code, callee, arguments)
        if callee.limited:
            limit = code.constant("LIMIT", callee.dependant.concurrency)
            with code.block(f"async with {limit}.get_semaphore():"):
                code.line(f"{value} = {called}")
        else:
            code.line(f"{value} = {called}")

    def _open_block(self, callee: Callee, value: str, arguments: str) -> None:
        # As FastAPI's `_solve_generator` enters it on its exit stack.
        if callee.how is How.GENERATOR:
            entered = self._code.constant("ENTERED", contextmanager(callee.call))
            self._blocks.enter_context(
                self._code.block(f"async with contextmanager_in_threadpool({entered}({arguments})) as {value}:")
            )
            return
        if not self._shielded:
            self._blocks.enter_context(self._code.block("with shielding_scope() as cleanup:"))
            self._shielded = True
        self._blocks.enter_context(self._async_block(callee, value, arguments))

    @contextmanager
    def _async_block(self, callee: Callee, value: str, arguments: str) -> Iterator[None]:
        # As FastAPI's `_asynccontextmanager_with_shielded_exit`: leaving is not cancelled.
        code = self._code
        entered = code.constant("ENTERED", asynccontextmanager(callee.call))
        before = code.variable("shield")
        code.line(f"{before} = cleanup.shield")
        with code.block("try:"), code.block(f"async with {entered}({arguments}) as {value}:"):
            with code.block("try:"):
                yield
            with code.block("finally:"):
                code.line("cleanup.shield = True")
        with code.block("finally:"):
            code.line(f"cleanup.shield = {before}")
        code.line("await checkpoint_within(cleanup)")

    def _special(self, callee: Callee) -> list[str]:
        special = callee.special
        arguments = [f"{name}=request" for name in special.request]
        if special.background:
            self._code.line("if background is None: background = BackgroundTasks()")
            arguments.append(f"{special.background}=background")
        if special.response:
            arguments.append(f"{special.response}=reply")
        if special.scopes:
            scopes = self._code.constant("SCOPES", special.oauth_scopes)
            arguments.append(f"{special.scopes}=SecurityScopes(scopes=[*{scopes}])")
        return arguments


def written_call(code: Code, callee: Callee, arguments: str) -> str:
    """The call of something that is no generator."""
    called = code.constant("CALL", callee.call)
    if callee.how is How.AWAIT:
        return f"await {called}({arguments})"
    return f"await run_in_threadpool({', '.join(filter(None, [called, arguments]))})"


def can_fail(callee: Callee) -> bool:
    """Whether a request can be wrong in what this callee, or one below it, takes from it."""
    return any(one.body or any(map(_can_be_wrong, one.parameters)) for one in everything(callee))


def _can_be_wrong(parameter: Parameter) -> bool:
    return not parameter.plain or parameter.validate is not None or parameter.absent is not Absent.CONSTANT
