"""How the fast path is turned off: for every app of a process, or for one route."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakSet

_declined: WeakSet[Any] = WeakSet()
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_VARIABLE = "EVENFLOW_FASTPATH"
_OFF = {"off", "0", "false", "no"}
_MARK = "__evenflow_uncompiled__"


def turned_off() -> str | None:
    """Why the environment wants no fast path; None if it has nothing against it."""
    value = os.environ.get(_VARIABLE, "")
    return f"{_VARIABLE} is {value}" if value.strip().lower() in _OFF else None


def decline(app: object) -> None:
    """Keeps the fast path out of `app`, also where another app that it is mounted in has it."""
    _declined.add(app)


def has_declined(app: object) -> bool:
    """Whether the app is to be left to FastAPI."""
    return app in _declined


def uncompiled(endpoint: _Endpoint) -> _Endpoint:
    """Leaves this endpoint to FastAPI's own handler. A decorator, written below the route's own."""
    setattr(endpoint, _MARK, True)
    return endpoint


def is_uncompiled(endpoint: object) -> bool:
    """Whether `uncompiled` stands above the endpoint."""
    return getattr(endpoint, _MARK, False) is True
