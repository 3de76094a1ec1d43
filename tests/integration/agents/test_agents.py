"""Agents that patch FastAPI report with the fast path what they report without it, and its routes stay compiled.

Each runs in a process of its own, with the real package; `scripts/test-agents` makes an environment that has them all.
Timings aside, everything an agent would send is compared. Of a traceback, the lines of the app are: between them stand
one or two of Evenflow's instead of FastAPI's.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI

from evenflow.fastpath import attach, detach
from tests.integration.agents.app import REQUESTS, answers, make_app

ROOT = Path(__file__).parents[3]
PACKAGES = {
    "sentry": "sentry_sdk",
    "sentry_endpoints": "sentry_sdk",
    "native": "opentelemetry.sdk",
    "contrib": "opentelemetry.instrumentation.fastapi",
    "datadog": "ddtrace",
    "newrelic": "newrelic",
    "prometheus": "prometheus_fastapi_instrumentator",
    "starlette_prometheus": "starlette_prometheus",
    "elastic": "elasticapm",
}
HARDLY_COMPILED = 20
"""Of the requests; the others are for what no app compiles: 404, 405, a mount, a redirect, /openapi.json."""


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _needs(agent: str) -> None:
    package = PACKAGES[agent]
    if _installed(package):
        return
    if os.environ.get("AGENTS") == "all":
        pytest.fail(f"{package} is not installed, and AGENTS=all says that it is")
    pytest.skip(f"needs {package}: scripts/test-agents installs it")


@cache
def told(agent: str, *options: str) -> Any:
    """What an agent saw of the app, stock and attached, and what the fast path did."""
    _needs(agent)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.integration.agents", agent, *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=45,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(re.sub(r"0x[0-9a-f]{8,}", "0x", done.stdout.splitlines()[-1]))
    return {**found, "log": done.stderr}


def reported(found: Any, agent: str) -> Any:
    """What it has to report alike."""
    if agent == "elastic":
        # It names the last line of an error that FastAPI raises itself, which is one of Evenflow's then.
        return [one for one in found["seen"] if not (one[0] == "error" and one[1][0] == "ResponseValidationError")]
    return found["seen"]


@pytest.mark.slow
@pytest.mark.parametrize("agent", PACKAGES)
def test_an_agent_reports_what_it_reports_without_the_fast_path(agent: str) -> None:
    found = told(agent)
    assert found["attached"]["answers"] == found["stock"]["answers"]
    assert reported(found["attached"], agent) == reported(found["stock"], agent)
    assert len(found["stock"]["seen"]) > 0
    assert len(found["stock"]["answers"]) == len(REQUESTS)


@pytest.mark.slow
@pytest.mark.parametrize("agent", PACKAGES)
def test_with_an_agent_every_route_is_compiled_that_is_without_it(agent: str) -> None:
    attached = told(agent)["attached"]
    assert attached["off"] is None
    assert [reason for _, compiled, reason in attached["routes"] if not compiled and "Starlette's" not in reason] == []
    assert attached["counts"]["compiled"] > HARDLY_COMPILED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("agent", "option"), [("sentry", "late"), ("datadog", "late"), ("newrelic", "late"), ("contrib", "first")]
)
def test_it_does_not_matter_who_comes_first(agent: str, option: str) -> None:
    found = told(agent, option)
    assert found["attached"]["seen"] == found["stock"]["seen"]
    assert found["attached"]["answers"] == found["stock"]["answers"]
    assert found["attached"]["counts"]["compiled"] > HARDLY_COMPILED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("agent", "module"), [("sentry", "sentry_sdk.integrations.fastapi"), ("datadog", "ddtrace.contrib")]
)
def test_a_version_of_an_agent_that_nobody_has_looked_at_keeps_its_data_and_is_named(agent: str, module: str) -> None:
    found = told(agent, "unknown")
    assert found["attached"]["seen"] == found["stock"]["seen"]
    assert found["attached"]["counts"]["compiled"] == 0
    assert module in found["log"]
    reasons = [reason for _, _, reason in found["attached"]["routes"] if "Starlette's" not in reason]
    assert all(module in reason for reason in [found["attached"]["off"] or "", *reasons] if reason)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["sentry", "sentry_endpoints"])
def test_sentry_sees_names_bodies_and_the_apps_own_lines(style: str) -> None:
    events = told(style)["attached"]["seen"]
    names = {event["transaction"] for event in events}
    assert ("/eins/zwei/drei/{name}" in names) == (style == "sentry")
    assert any(event["request"].get("data") == {"name": "hat", "price": 2} for event in events)
    errors = [event["exception"][-1] for event in events if "exception" in event]
    (broken,) = (error for error in errors if error["type"] == "ZeroDivisionError")
    assert [frame[2] for frame in broken["frames"]][-1] == "broken"


@pytest.mark.slow
def test_fastapis_own_telemetry_has_its_operations_and_tells_of_the_request() -> None:
    seen = told("native")["attached"]["seen"]
    spans = [(name, parent) for name, parent, *_ in seen["spans"]]
    for operation in ("dependencies", "endpoint", "serialization"):
        assert (f"fastapi.{operation}", "GET /eins/zwei/drei/{name}") in spans
    assert any(name == "fastapi.background_task" for name, _ in spans)
    assert ["fastapi.endpoint", [True, "None", "{'number': 1, 'word': 'two'}", "[]"]] in seen["told"]


@pytest.fixture
def instrumentor() -> Iterator[Any]:
    _needs("contrib")
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    yield FastAPIInstrumentor
    # It has patched Starlette's background tasks, for the first app's spans.
    FastAPIInstrumentor.uninstrument_app(FastAPI())


@pytest.fixture
def spans() -> Any:
    _needs("native")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter


def small() -> FastAPI:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})

    @app.get("/")
    async def root(tasks: BackgroundTasks) -> dict[str, str]:
        tasks.add_task(str)
        return {"hello": "world"}

    return app


async def names(app: FastAPI, spans: Any) -> list[str]:
    """The spans of one request."""
    from tests.integration.agents.app import answer

    assert (await answer(app, "GET", "/", [], b""))[2] == 200
    found = [span.name for span in spans[1].get_finished_spans()]
    spans[1].clear()
    return sorted(name for name in found if not name.endswith((" send", " receive")))


INSTRUMENTED = ["BackgroundTask str", "GET /"]


@pytest.mark.parametrize("attached_first", [True, False])
async def test_taking_opentelemetry_out_again_leaves_the_app_working(
    attached_first: bool, instrumentor: Any, spans: Any
) -> None:
    app = small()
    path = attach(app) if attached_first else None
    instrumentor.instrument_app(app, tracer_provider=spans[0])
    path = path or attach(app)
    assert await names(app, spans) == INSTRUMENTED
    assert path.counts.compiled == 1

    instrumentor.uninstrument_app(app)
    attach(app)

    assert await names(app, spans) == []
    assert path.off is None
    assert path.counts.compiled == 2


async def test_the_report_says_that_an_agent_has_thrown_the_fast_path_out(instrumentor: Any, spans: Any) -> None:
    app = small()
    instrumentor.instrument_app(app, tracer_provider=spans[0])
    path = attach(app)
    await names(app, spans)

    instrumentor.uninstrument_app(app)

    assert path.report().off == "somebody has had the middleware stack built without it; attach it again"


@pytest.mark.parametrize("attached_first", [True, False])
async def test_detaching_leaves_opentelemetry_in_place(attached_first: bool, instrumentor: Any, spans: Any) -> None:
    app = small()
    path = attach(app) if attached_first else None
    instrumentor.instrument_app(app, tracer_provider=spans[0])
    path = path or attach(app)

    detach(app)

    assert await names(app, spans) == INSTRUMENTED
    app.middleware_stack = None
    assert await names(app, spans) == INSTRUMENTED
    instrumentor.uninstrument_app(app)
    assert await names(app, spans) == []
    assert path.counts.compiled == 0


async def test_an_app_that_no_route_of_is_compiled_is_logged_with_who_hinders_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from fastapi import routing

    async def solve(**given: Any) -> Any:
        return await solve_dependencies(**given)

    solve_dependencies = routing.solve_dependencies
    monkeypatch.setattr(routing, "solve_dependencies", solve)
    path = attach(make_app())
    with caplog.at_level(logging.WARNING, "evenflow.fastpath"):
        path.report()
    assert caplog.messages == [
        f"No route of this app is compiled: fastapi.routing.solve_dependencies was replaced by {__name__}."
    ]


async def test_the_app_of_these_tests_answers_alike_without_any_agent() -> None:
    stock, ours = make_app(), make_app()
    attach(ours)
    assert await answers(ours) == await answers(stock)
