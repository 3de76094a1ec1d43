"""Datadog's traces."""

from __future__ import annotations

import os
from typing import Any

_kept: list[Any] = []
_LEFT_OUT = {"_dd.p.tid", "runtime-id", "_dd.p.dm", "language", "process_id"}


def start() -> None:
    os.environ |= {
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
        "DD_TRACE_STARTUP_LOGS": "false",
        "DD_TRACE_AGENT_URL": "http://127.0.0.1:9",
    }
    from ddtrace import patch
    from ddtrace.trace import TraceFilter, tracer

    class Kept(TraceFilter):
        def process_trace(self, trace: Any) -> Any:
            _kept.append(trace)
            return None

    tracer.configure(trace_processors=[Kept()])
    patch(fastapi=True, starlette=True)


def instrument(app: Any) -> None:
    pass


def seen() -> list[Any]:
    told = [_span(span, {one.span_id: one.name for one in trace}) for trace in _kept for span in trace]
    _kept.clear()
    return told


def _span(span: Any, names: Any) -> Any:
    tags = {key: value for key, value in span.get_tags().items() if key not in _LEFT_OUT and "stack" not in key}
    numbers = {key: value for key, value in span.get_metrics().items() if key not in _LEFT_OUT}
    return [span.name, span.resource, span.service, span.error, names.get(span.parent_id), tags, numbers]
