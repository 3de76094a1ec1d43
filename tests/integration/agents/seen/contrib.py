"""OpenTelemetry's own instrumentation of FastAPI."""

from __future__ import annotations

from typing import Any

from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

from tests.integration.agents.seen.native import seen, start

__all__ = ["instrument", "seen", "start"]


def instrument(app: Any) -> None:
    FastAPIInstrumentor.instrument_app(app)
