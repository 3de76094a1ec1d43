"""What prometheus-fastapi-instrumentator counts."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator

_registry = CollectorRegistry()


def start() -> None:
    pass


def instrument(app: Any) -> None:
    global _registry
    _registry = CollectorRegistry()
    Instrumentator(registry=_registry, should_group_status_codes=False).instrument(app).expose(app)


def seen() -> list[Any]:
    return sorted(
        [f"{sample.name} {sample.labels}", sample.value if sample.name.endswith(("_total", "_count")) else -1.0]
        for metric in _registry.collect()
        for sample in metric.samples
        if "le" not in sample.labels and not sample.name.endswith("_created")
    )
