"""Reads FastAPI's dependants, the endpoint's and those below it, into plans."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from fastapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_oauth_scopes,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
    _unwrapped_call,
)
from fastapi.dependencies.utils import _solve_generator
from fastapi.security.base import SecurityBase

from evenflow.fastpath.plan import Callee, How, Special
from evenflow.fastpath.upstream.names import run_in_threadpool
from evenflow.fastpath.upstream.parameters import read_body_parameters, read_parameters


def read_callee(dependant: Any, *, embed: bool) -> Callee:
    """The plan of one dependant and of all it depends on."""
    special = _special(dependant)
    return Callee(
        call=dependant.call,
        how=_how(dependant.call),
        dependant=dependant,
        name=dependant.name,
        dependencies=tuple(read_callee(each, embed=embed) for each in dependant.dependencies),
        parameters=read_parameters(dependant),
        body=read_body_parameters(dependant, embed=embed),
        special=special,
        key=_get_cache_key(dependant=dependant),
        shared=dependant.use_cache,
        function_scope=dependant.scope == "function",
        limited=dependant.concurrency is not None,
        sees_request=bool(special.request) and not _is_fastapis_own(dependant.call),
    )


def _how(call: Any) -> How:
    # In the order in which FastAPI asks.
    if _is_async_gen_callable(call):
        return How.ASYNC_GENERATOR
    if _is_gen_callable(call):
        return How.GENERATOR
    return How.AWAIT if _is_coroutine_callable(call) else How.THREAD


def is_generator(call: Any) -> bool:
    """Whether calling it makes a generator: what an endpoint that streams does."""
    return bool(_is_gen_callable(call) or _is_async_gen_callable(call))


def _special(dependant: Any) -> Special:
    names = (dependant.http_connection_param_name, dependant.request_param_name)
    return Special(
        request=tuple(name for name in names if name),
        response=dependant.response_param_name,
        background=dependant.background_tasks_param_name,
        scopes=dependant.security_scopes_param_name,
        oauth_scopes=tuple(_get_oauth_scopes(dependant=dependant)) if dependant.security_scopes_param_name else (),
    )


def _is_fastapis_own(call: Any) -> bool:
    """Whether it is one of FastAPI's security classes, which read a header of the request and no more."""
    kind = type(_unwrapped_call(call))
    return issubclass(kind, SecurityBase) and kind.__module__.startswith("fastapi.security.")


def cache_key(dependant: Any) -> Any:
    """Dependencies with the same key share one value within a request."""
    return _get_cache_key(dependant=dependant)


async def entered(dependant: Any, values: dict[str, Any], request: Any) -> Any:
    """Calls a dependency as FastAPI does, with the exit stacks that are in the request's scope."""
    how = _how(dependant.call)
    if how in {How.ASYNC_GENERATOR, How.GENERATOR}:
        stack = "fastapi_function_astack" if dependant.scope == "function" else "fastapi_inner_astack"
        return await _solve_generator(
            dependant=dependant, stack=request.scope[stack], sub_values=values, request=request
        )
    async with dependant.concurrency.get_semaphore() if dependant.concurrency else nullcontext():
        if how is How.AWAIT:
            return await dependant.call(**values)
        return await run_in_threadpool(dependant.call, **values)


def new_dependant(call: Any, path: str | None, dependencies: list[Any]) -> Any:
    """A dependant with dependencies and nothing else."""
    return Dependant(call=call, path=path, dependencies=dependencies)


def giving_dependant(call: Any, name: str | None, path: str | None, *, special: bool = False) -> Any:
    """A dependant for a function without parameters, or of `request`, `response` and `background_tasks`."""
    dependant = Dependant(call=call, name=name, path=path, use_cache=False)
    if special:
        dependant.request_param_name = "request"
        dependant.response_param_name = "response"
        dependant.background_tasks_param_name = "background_tasks"
    return dependant
