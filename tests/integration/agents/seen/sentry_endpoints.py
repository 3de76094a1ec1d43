"""Sentry, named after endpoints, with a span for each middleware."""

from __future__ import annotations

from typing import Any

from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

from tests.integration.agents.seen import sentry
from tests.integration.agents.seen.sentry import instrument, seen

__all__ = ["instrument", "seen", "start"]


def start() -> None:
    sentry.integrations = integrations
    sentry.start()


def integrations() -> list[Any]:
    given: Any = {"transaction_style": "endpoint", "middleware_spans": True}
    return [StarletteIntegration(**given), FastApiIntegration(**given)]
