"""The functions of FastAPI and Starlette that compiled routes and their table stand for, or call.

A class stands for all its methods.
"""

from __future__ import annotations

MATCHING = {
    "fastapi.applications": ("FastAPI.__call__", "FastAPI.build_middleware_stack"),
    "fastapi.middleware.asyncexitstack": ("AsyncExitStackMiddleware",),
    "fastapi.routing": (
        "APIRoute.handle",
        "APIRoute.matches",
        "APIRouter._contains_router",
        "APIRouter._get_routes_version",
        "APIRouter._iter_low_priority_routes",
        "APIRouter._mark_routes_changed",
        "APIRouter._match_low_priority",
        "APIRouter.app",
        "APIRouter.handle",
        "APIRouter.include_router",
        "APIRouter.matches",
        "_EffectiveRouteContext.from_api_route",
        "_EffectiveRouteContext.matches",
        "_IncludedRouter",
        "_RouterIncludeContext",
        "_apply_router_form_limits",
        "_get_fastapi_scope",
        "_resolve_form_limits",
        "_update_scope",
    ),
    "fastapi.telemetry._api": ("_get_request_telemetry", "_route_selected", "get_telemetry_data"),
    "fastapi.telemetry._asgi": ("NativeTelemetry.enabled",),
    "starlette._exception_handler": ("_lookup_exception_handler", "wrap_app_handling_exceptions"),
    "starlette._utils": ("get_route_path",),
    "starlette.convertors": ("FloatConvertor", "IntegerConvertor", "PathConvertor", "StringConvertor", "UUIDConvertor"),
    "starlette.middleware.exceptions": ("ExceptionMiddleware",),
    "starlette.routing": (
        "Mount.matches",
        "Route.handle",
        "Route.matches",
        "Router.__call__",
        "Router.not_found",
        "compile_path",
    ),
}
"""Who finds the route. Where one of these is another, FastAPI serves the app alone."""

HANDLING = {
    "fastapi._body_limit": ("get_body_limit_error",),
    "fastapi._compat.v2": ("ModelField", "_regenerate_error_with_loc", "get_missing_field_error"),
    "fastapi.dependencies.models": (
        "Dependant",
        "_get_cache_key",
        "_get_computed_scope",
        "_get_oauth_scopes",
        "_is_async_gen_callable",
        "_is_async_gen_callable_cached",
        "_is_coroutine_callable",
        "_is_coroutine_callable_cached",
        "_is_gen_callable",
        "_is_gen_callable_cached",
        "_uses_scopes",
    ),
    "fastapi.dependencies.utils": (
        "_get_form_models",
        "_get_multidict_value",
        "_get_param_aliases",
        "_get_param_model",
        "_should_embed_body_fields",
        "_solve_generator",
        "_validate_value_with_model_field",
        "get_dependant",
        "request_body_to_args",
        "request_params_to_args",
        "solve_dependencies",
    ),
    "fastapi.encoders": ("jsonable_encoder",),
    "fastapi.routing": (
        "APIRoute.get_route_handler",
        "_build_dependant_with_parameterless_dependencies",
        "_build_response_args",
        "_extract_endpoint_context",
        "_populate_api_route_state",
        "get_request_handler",
        "request_response",
        "run_endpoint_function",
        "serialize_response",
    ),
    "fastapi.telemetry._api": ("_operation", "_run_sync_endpoint", "_validation_failed"),
    "fastapi.utils": ("is_body_allowed_for_status_code",),
    "starlette.concurrency": ("run_in_threadpool",),
    "starlette.datastructures": ("Headers", "ImmutableMultiDict", "QueryParams"),
    "starlette.requests": ("HTTPConnection", "Request", "cookie_parser"),
    "starlette.responses": ("JSONResponse", "Response"),
}
"""Who answers. Where one of these is another, routes are found by the table and answered by FastAPI's own handler."""

CALLED = {"fastapi.background": ("BackgroundTasks",), "starlette.background": ("BackgroundTask", "BackgroundTasks")}
"""What compiled routes call as FastAPI does, so that whoever replaces it is called too."""

ABOVE = ("fastapi.applications:FastAPI.build_middleware_stack", "starlette.concurrency:run_in_threadpool")
"""Of all these, what is called, or has been called, by the time a request comes to a compiled route."""

INSIDE = (
    "fastapi.middleware.asyncexitstack:",
    "fastapi.routing:get_request_handler",
    "fastapi.routing:run_endpoint_function",
    "fastapi.routing:serialize_response",
    "starlette.middleware.exceptions:",
    "starlette.requests:HTTPConnection.__init__",
    "starlette.requests:Request.__init__",
)
"""Of all these, what FastAPI calls itself where a route is compiled as a handler inside of FastAPI's own code."""

STANDARD = {"json": ("loads", "dumps")}
"""Python's own functions that FastAPI calls and compiled routes do not, to see whether somebody has replaced them."""
