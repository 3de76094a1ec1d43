"""The fixtures of an app, as pytest lists them: the app, its clients, its database."""

from __future__ import annotations

from typing import Any

import pytest

from evenflow.testing.asynchronous import in_the_loop


@pytest.fixture(scope="session")
def app(pytestconfig: pytest.Config) -> Any:
    """The app under test: the one `evenflow_app` names, else the one `fastapi dev` would find.

    Write a fixture of this name to give another one.
    """
    from evenflow.testing.application import found

    return found(pytestconfig)


@pytest.fixture
@in_the_loop("evenflow.testing.client:made")
def client(app: Any) -> Any:
    """An httpx.AsyncClient that calls the app in memory. The app's lifespan is run, and those of apps mounted in it."""


@pytest.fixture
@in_the_loop("evenflow.testing.live:made")
def live_client(app: Any) -> Any:
    """An httpx.AsyncClient connected to a real server that serves the app on a free port of this machine."""


@pytest.fixture
@in_the_loop("evenflow.testing.isolation:made")
def db(app: Any, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The app's Database, inside a transaction that is rolled back after the test, whoever commits."""
