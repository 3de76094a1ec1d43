"""Elastic APM's transactions and errors."""

from __future__ import annotations

from typing import Any

from elasticapm.contrib.starlette import ElasticAPM, make_apm_client

_client: Any = None
_TIMES = {"id", "trace_id", "timestamp", "duration", "transaction_id", "parent_id", "transaction", "span_count"}


def start() -> None:
    global _client
    _client = make_apm_client(
        {
            "SERVICE_NAME": "agents",
            "TRANSPORT_CLASS": "tests.integration.agents.seen.elastic_transport.Kept",
            "CENTRAL_CONFIG": False,
            "CLOUD_PROVIDER": False,
            "CAPTURE_BODY": "all",
            "METRICS_INTERVAL": "0ms",
        }
    )


def instrument(app: Any) -> None:
    app.add_middleware(ElasticAPM, client=_client)


def seen() -> list[Any]:
    from tests.integration.agents.seen.elastic_transport import kept

    told = [[kind, _event(kind, data)] for kind, data in kept if kind in {"transaction", "error", "span"}]
    kept.clear()
    return told


def _event(kind: str, data: Any) -> Any:
    shown = {key: value for key, value in data.items() if key not in _TIMES}
    if kind == "error":
        error = data["exception"]
        return [error["type"], error["message"], data.get("culprit"), error.get("handled"), shown.get("context")]
    return shown
