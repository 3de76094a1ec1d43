"""`--evenflow=stock|compiled|both`: the same tests with FastAPI alone, and with the fast path."""

from __future__ import annotations

import gc
import os
from functools import wraps
from typing import Any, cast
from weakref import WeakSet

import pytest

_ASKED_FOR = {"app", "client", "live_client"}
"""Fixtures by which a test says that it uses an app, whoever has written them."""
_MODE = "evenflow_mode"
_SWITCH = "EVENFLOW_FASTPATH"


class Modes:
    """Switches every FastAPI app of this process before each test. For tests only: it changes `FastAPI.__init__`."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._apps: WeakSet[Any] = WeakSet()
        self._mode: str | None = None
        self._watching = False

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Doubles the tests that use an app."""
        if self._wanted == "both" and _ASKED_FOR.intersection(metafunc.fixturenames):
            metafunc.fixturenames.append(_MODE)
            metafunc.parametrize(_MODE, ["stock", "compiled"], indirect=True)

    @pytest.fixture
    def evenflow_mode(self, request: pytest.FixtureRequest) -> str:
        """The mode a doubled test runs in: "stock" or "compiled"."""
        return str(request.param)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Switches the apps, before any fixture is made."""
        mode = self._wanted
        if mode == "both":
            callspec = getattr(item, "callspec", None)
            mode = callspec.params.get(_MODE, "compiled") if callspec is not None else "compiled"
        self._switch(mode)

    def pytest_sessionfinish(self) -> None:
        """Whatever runs in this process later is left alone."""
        os.environ.pop(_SWITCH, None)

    def _switch(self, mode: str) -> None:
        self._watch()
        if mode == self._mode:
            return
        self._mode = mode
        # What attaches itself in a stock test, `Evenflow(app)` above all, is to be off as well.
        if mode == "stock":
            os.environ[_SWITCH] = "off"
        else:
            os.environ.pop(_SWITCH, None)
        for app in list(self._apps):
            self._put(app)

    def _put(self, app: Any) -> None:
        from evenflow.fastpath import attach, detach

        detach(app)
        if self._mode == "compiled":
            attach(app, watchful=True)
        app.middleware_stack = None  # to be built anew, with or without

    def _watch(self) -> None:
        if self._watching:
            return
        self._watching = True
        # Imported late: plugins whose asserts pytest rewrites have to be loaded before FastAPI is.
        from fastapi import FastAPI

        self._apps.update(each for each in gc.get_objects() if issubclass(type(each), FastAPI))
        original = FastAPI.__init__

        @wraps(original)
        def init(app: FastAPI, *args: Any, **options: Any) -> None:
            original(app, *args, **options)
            self._apps.add(app)
            self._put(app)

        FastAPI.__init__ = cast("Any", init)  # type: ignore[method-assign] # the one way to reach apps others build
