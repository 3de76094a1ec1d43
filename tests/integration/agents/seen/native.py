"""FastAPI's own telemetry, by OpenTelemetry's SDK: spans, metrics and logs."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

_spans = InMemorySpanExporter()
_told: list[Any] = []


class _Kept(LogRecordProcessor):
    """Keeps log records, with what FastAPI tells those who ask at that moment."""

    def on_emit(self, log_record: Any) -> None:
        record = log_record.log_record
        attributes = {key: value for key, value in (record.attributes or {}).items() if key != "exception.stacktrace"}
        _told.append([record.event_name, record.body, attributes, record.severity_text, _data()])

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


class _Asked(SimpleSpanProcessor):
    """Asks, at the end of each span, what FastAPI tells of the request."""

    def on_end(self, span: Any) -> None:
        _told.append([span.name, _data()])
        super().on_end(span)


def _data() -> Any:
    from fastapi.telemetry import get_telemetry_data

    data = get_telemetry_data()
    if data is None:
        return None
    return [data.request is not None, repr(data.body), repr(data.values), repr(data.errors)]


def start() -> None:
    provider = TracerProvider()
    provider.add_span_processor(_Asked(_spans))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([_reader]))
    logs = LoggerProvider()
    logs.add_log_record_processor(_Kept())
    _logs.set_logger_provider(logs)


_reader = InMemoryMetricReader()
_before: dict[str, Any] = {}


def instrument(app: Any) -> None:
    pass


def seen() -> Any:
    spans = _spans.get_finished_spans()
    _spans.clear()
    names = {span.context.span_id: span.name for span in spans}
    told = [_span(span, names) for span in spans]
    asked = list(_told)
    _told.clear()
    return {"spans": told, "metrics": _metrics(), "told": asked}


def _span(span: Any, names: Any) -> Any:
    parent = names.get(span.parent.span_id) if span.parent else None
    events = [[event.name, _without_stack(event.attributes)] for event in span.events]
    status = [span.status.status_code.name, span.status.description]
    scope = span.instrumentation_scope.name if span.instrumentation_scope else None
    return [span.name, parent, span.kind.name, dict(span.attributes or {}), events, status, scope]


def _without_stack(attributes: Any) -> Any:
    return {key: value for key, value in (attributes or {}).items() if key != "exception.stacktrace"}


def _metrics() -> Any:
    """How often each was recorded since the last look, with which attributes."""
    found: dict[str, Any] = {}
    data = _reader.get_metrics_data()
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    key = json.dumps(
                        [scope.scope.name, metric.name, metric.unit, dict(point.attributes)], sort_keys=True
                    )
                    found[key] = getattr(point, "count", None) or getattr(point, "value", 0)
    new = {key: value - _before.get(key, 0) for key, value in found.items() if value != _before.get(key, 0)}
    _before.update(found)
    return sorted(new.items())
