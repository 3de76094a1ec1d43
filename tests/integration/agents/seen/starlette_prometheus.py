"""What starlette-prometheus counts."""

from __future__ import annotations

from typing import Any

from prometheus_client import REGISTRY
from starlette_prometheus import PrometheusMiddleware

_before: dict[str, float] = {}


def start() -> None:
    pass


def instrument(app: Any) -> None:
    app.add_middleware(PrometheusMiddleware)


def seen() -> list[Any]:
    found = {
        f"{sample.name} {sample.labels}": sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith("starlette_") and sample.name.endswith(("_total", "_count"))
    }
    new = [[key, value - _before.get(key, 0)] for key, value in found.items()]
    _before.update(found)
    return sorted(new)
