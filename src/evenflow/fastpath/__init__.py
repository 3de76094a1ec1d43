"""The fast path: an unmodified FastAPI app, compiled at start-up.

A route is compiled where its answer is provably FastAPI's, byte for byte. Everything else goes, untouched, to FastAPI.
`uncompiled` and `decline` are there whatever FastAPI is installed; the others raise ImportError where FastAPI lacks
what they know by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from evenflow.fastpath.counts import Counts
from evenflow.fastpath.report import Report, RouteReport
from evenflow.fastpath.switch import decline, uncompiled
from evenflow.fastpath.unreachable import Unreachable

if TYPE_CHECKING:
    from evenflow.fastpath.mount import Fastpath as Fastpath
    from evenflow.fastpath.mount import attach as attach
    from evenflow.fastpath.mount import detach as detach
else:

    def __getattr__(name):
        if name not in {"Fastpath", "attach", "detach"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("evenflow.fastpath.mount"), name)


__all__ = ["Counts", "Fastpath", "Report", "RouteReport", "Unreachable", "attach", "decline", "detach", "uncompiled"]
