"""Sentry's events: those of errors, and those of transactions with their spans."""

from __future__ import annotations

from typing import Any, ClassVar

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

_LEFT_OUT = {
    "event_id",
    "timestamp",
    "start_timestamp",
    "modules",
    "server_name",
    "sdk",
    "release",
    "breadcrumbs",
    "_meta",
}
_FRAMEWORK = (
    "starlette",
    "fastapi",
    "evenflow",
    "sentry_sdk",
    "anyio",
    "asyncio",
    "contextlib",
    "concurrent",
    "<evenflow",
)


class _Kept(Transport):
    envelopes: ClassVar[list[Envelope]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)


def start() -> None:
    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1",
        transport=_Kept,
        traces_sample_rate=1.0,
        send_default_pii=True,
        max_request_body_size="always",
        integrations=integrations(),
    )


def integrations() -> list[Any]:
    return []


def instrument(app: Any) -> None:
    pass


def seen() -> list[Any]:
    sentry_sdk.flush()
    kept = [item for envelope in _Kept.envelopes for item in envelope.items]
    _Kept.envelopes.clear()
    return [_event(item.payload.json) for item in kept if item.type in {"event", "transaction"}]


def _event(event: Any) -> Any:
    if event is None:
        return None
    told = {key: value for key, value in event.items() if key not in _LEFT_OUT}
    trace = event.get("contexts", {}).get("trace", {})
    names = {trace.get("span_id"): event.get("transaction")}
    names |= {span["span_id"]: f"{span.get('op')} {span.get('description')}" for span in event.get("spans", ())}
    told["spans"] = [_span(span, names) for span in event.get("spans", ())]
    told["contexts"] = {"trace": _span(trace, names)}
    if "exception" in event:
        told["exception"] = [_exception(one) for one in event["exception"]["values"]]
    return told


def _span(span: Any, names: Any) -> Any:
    data = {key: value for key, value in span.get("data", {}).items() if not key.startswith("thread.")}
    shown = {key: span.get(key) for key in ("op", "description", "status", "origin", "tags")}
    return {**shown, "data": data, "parent": names.get(span.get("parent_span_id"))}


def _exception(exception: Any) -> Any:
    frames = exception.get("stacktrace", {}).get("frames", ())
    users = [_frame(frame) for frame in frames if not (frame.get("module") or "").startswith(_FRAMEWORK)]
    users = [frame for frame in users if not frame[1].startswith("<evenflow")]
    shown = {key: exception.get(key) for key in ("type", "value", "module", "mechanism")}
    return {**shown, "frames": users}


def _frame(frame: Any) -> Any:
    local = {name: value for name, value in frame.get("vars", {}).items() if "0x" not in str(value)}
    return frame.get("module"), frame["filename"], frame["function"], frame.get("lineno"), frame.get("in_app"), local
