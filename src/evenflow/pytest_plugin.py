"""The pytest plugin: installed with Evenflow, there without being configured.

It adds fixtures, runs `async def` tests that nobody else would run, and fails tests that block the event loop or lose
tasks. FastAPI and most of Evenflow are imported when a fixture is asked for: plugins whose asserts pytest rewrites
(anyio's) have to be loaded before them.
"""

from __future__ import annotations

import pytest

from evenflow.testing import blocking, fixtures, leaking, observing
from evenflow.testing.asynchronous import Asynchronous

_TAKEN_BY = {"django", "flask"}
"""Plugins that have a `client`, a `db` or an `app` of their own. Where one of them is installed, those are theirs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares `--evenflow` and the settings that name the app and its database."""
    group = parser.getgroup("evenflow", "Evenflow")
    group.addoption(
        "--evenflow",
        choices=("stock", "compiled", "both"),
        default=None,
        help="stock: every FastAPI app is left to FastAPI. compiled: every one gets the fast path. both: tests that "
        "use `app`, `client` or `live_client` run once with each.",
    )
    blocking.add_options(parser)
    leaking.add_options(parser)
    parser.addini(
        "evenflow_app", "the app under test, such as main:app; without it main.py, app.py and so on are tried"
    )
    parser.addini("evenflow_database", "its Database, such as main:db, where there is more than one")
    parser.addini(
        "evenflow_database_url",
        "the database that the tests use in place of the app's; {worker} stands for pytest-xdist's worker (gw0)",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Adds the fixtures and what runs them."""
    manager = config.pluginmanager
    if not any(manager.has_plugin(name) for name in _TAKEN_BY):
        manager.register(fixtures, "evenflow-app")
    manager.register(observing, "evenflow-observing")
    manager.register(Asynchronous(config), "evenflow-asynchronous")
    manager.register(blocking.Blocking(config), "evenflow-blocking")
    manager.register(leaking.Leaking(config), "evenflow-leaking")
    if config.getoption("evenflow"):
        from evenflow.testing.modes import Modes

        manager.register(Modes(config.getoption("evenflow")), "evenflow-modes")
