"""Reads an app into the entries of its table: each route's plan, or the reason why it has none."""

from __future__ import annotations

from typing import Any

from fastapi import params
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from pydantic_core import SchemaSerializer
from starlette.responses import JSONResponse
from starlette.routing import Mount

from evenflow.fastpath.judge import Facts, judge
from evenflow.fastpath.plan import Answer, Body, Callee, Entry, RoutePlan, everything
from evenflow.fastpath.switch import is_uncompiled
from evenflow.fastpath.upstream import agents
from evenflow.fastpath.upstream.added import (
    body_limit,
    form_limits,
    form_limits_given,
    with_body_limit,
    within_body_limit,
)
from evenflow.fastpath.upstream.callees import is_generator, read_callee
from evenflow.fastpath.upstream.parameters import unobserved, validator
from evenflow.fastpath.upstream.tree import Found, walk

_OPTIONS = {
    "include": "response_model_include",
    "exclude": "response_model_exclude",
    "by_alias": "response_model_by_alias",
    "exclude_unset": "response_model_exclude_unset",
    "exclude_defaults": "response_model_exclude_defaults",
    "exclude_none": "response_model_exclude_none",
}


def read_app(router: Any, strange: str | None) -> list[Entry]:
    """The entries of an app's table, in the order of declaration.

    Where FastAPI is `strange`, none has a plan, and this is the reason.
    """
    return [_entry(found, strange) for found in walk(router)]


def _entry(found: Found, strange: str | None) -> Entry:
    state = found.state
    if found.opaque or found.place is None:
        return _stock_entry(found, found.opaque or f"a {type(state).__name__} of Starlette's")
    reason = strange or judge(_facts(state, found.place.route))
    return Entry(
        path=state.path,
        regex=state.path_regex,
        convertors=state.param_convertors,
        methods=frozenset(state.methods) if state.methods else None,
        top=found.top,
        endpoint=state.endpoint,
        plan=None if reason else _plan(found),
        place=found.place,
        app=state.app,
        reason=reason,
    )


def _stock_entry(found: Found, reason: str) -> Entry:
    state = found.state
    methods = getattr(state, "methods", None)
    return Entry(
        path=_whole_path(state),
        regex=None if found.opaque else state.path_regex,
        convertors=getattr(state, "param_convertors", {}),
        methods=frozenset(methods) if methods else None,
        top=found.top,
        endpoint=getattr(state, "endpoint", None),
        plan=None,
        place=None,
        app=None,
        reason=reason,
    )


def _whole_path(state: Any) -> str:
    path: str = getattr(state, "path", "*")
    return f"{path}/{{path:path}}" if isinstance(state, Mount) else path


def _facts(state: Any, route: APIRoute) -> Facts:
    return Facts(
        uncompiled=is_uncompiled(state.endpoint),
        wrapped=_wrapped(state, route),
        # Of an EventSourceResponse FastAPI makes a stream whatever the endpoint is.
        streams=is_generator(state.dependant.call) or _declared(state, EventSourceResponse),
        deferred=state.response_field is not None and validator(state.response_field) is None,
    )


def _declared(state: Any, kind: type[Any]) -> bool:
    declared = state.response_class
    given = declared.value if isinstance(declared, DefaultPlaceholder) else declared
    return isinstance(given, type) and issubclass(given, kind)


def _wrapped(state: Any, route: APIRoute) -> str | None:
    """Who stands between the route and FastAPI's own handler, if anybody does."""
    if "get_route_handler" in vars(route) or type(route).get_route_handler is not APIRoute.get_route_handler:
        return f"{type(route).__name__} makes its own handler"
    app = _asgi_app(state)
    if not agents.is_from_routing(app, "request_response.<locals>.app"):
        return "its ASGI app was replaced"
    outer = agents.closed_over(app, "f")
    own = agents.own_handler(outer)
    if own is None:
        return f"its handler is wrapped by {getattr(outer, '__module__', None) or 'other code'}"
    if agents.closed_over(own[0], "dependant") is not state.dependant:
        return "its declarations were replaced"
    return None


def _asgi_app(state: Any) -> Any:
    """FastAPI's ASGI app for a route, without the limit of bodies that may be around it."""
    return state.app if body_limit(state) is None else within_body_limit(state.app)


def _plan(found: Found) -> RoutePlan:
    state = found.state
    assert found.place is not None
    endpoint = read_callee(state.dependant, embed=state._embed_body_fields)
    own = agents.own_handler(agents.closed_over(_asgi_app(state), "f"))
    assert own is not None
    return RoutePlan(
        endpoint=endpoint,
        body=_body(state, found.place.route, endpoint),
        answer=_answer(state),
        place=found.place,
        path_format=state.path_format,
        overrides=state.dependency_overrides_provider,
        embed=state._embed_body_fields,
        body_limit=body_limit(state),
        app=state.app,
        handler=own[0],
        agent=own[1],
        rebuild=lambda dependant: _rebuilt(state, found.place, dependant),
    )


def _body(state: Any, route: APIRoute, endpoint: Callee) -> Body | None:
    if state.body_field is None:
        return None
    form = isinstance(state.body_field.field_info, params.Form)
    strict = state.strict_content_type
    return Body(
        form=form,
        texts=form and all(bool(one.body.texts) for one in everything(endpoint) if one.body),
        strict=strict.value if isinstance(strict, DefaultPlaceholder) else strict,
        form_limits=form_limits(route),
    )


def _answer(state: Any) -> Answer:
    declared = state.response_class
    default = isinstance(declared, DefaultPlaceholder)
    response_class = declared.value if default else declared
    field = state.response_field
    serializer = field._type_adapter.serializer if field is not None else None
    to_json = serializer.to_json if default and isinstance(serializer, SchemaSerializer) else None
    return Answer(
        status=state.status_code,
        response_class=response_class,
        field=field,
        validate=validator(field) if field is not None else None,
        to_json=to_json,
        exact_model=_exact_model(field) if field is not None else None,
        plain_json=field is None and response_class is JSONResponse,
        options={name: getattr(state, attribute) for name, attribute in _OPTIONS.items()},
    )


def _exact_model(field: Any) -> type[Any] | None:
    """The class whose own objects Pydantic takes as they are, without running anything."""
    if not unobserved(field):
        return None
    schema: Any = field._type_adapter.core_schema
    if schema["type"] == "definitions":
        schema = schema["schema"]
    if schema["type"] != "model" or schema.get("revalidate_instances", "never") != "never":
        return None
    config = schema.get("config", {})
    return schema["cls"] if config.get("revalidate_instances", "never") == "never" else None


def _rebuilt(state: Any, place: Any, dependant: Any) -> Any:
    return agents.own_get_request_handler()(
        dependant=dependant,
        body_field=state.body_field,
        status_code=state.status_code,
        response_class=state.response_class,
        response_field=state.response_field,
        dependency_overrides_provider=state.dependency_overrides_provider,
        embed_body_fields=state._embed_body_fields,
        strict_content_type=state.strict_content_type,
        **form_limits_given(place.route),
        **{attribute: getattr(state, attribute) for attribute in _OPTIONS.values()},
    )


def inside(plan: RoutePlan, handler: Any) -> Any:
    """The ASGI app of a route as FastAPI and agents have made it, with another handler in the midst of it."""
    made = agents.around(plan.app if plan.body_limit is None else within_body_limit(plan.app), handler)
    return made if plan.body_limit is None else with_body_limit(made, plan.body_limit)
