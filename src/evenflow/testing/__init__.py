"""What helps to test apps, and Evenflow itself. No app needs it while it serves.

The fixtures of the pytest plugin are there without an import; here is what tests call by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenflow.testing.blocking import assert_no_blocking as assert_no_blocking
    from evenflow.testing.client import open_client as open_client
    from evenflow.testing.clock import Clock as Clock
    from evenflow.testing.concurrency import Results as Results
    from evenflow.testing.concurrency import concurrently as concurrently
    from evenflow.testing.isolation import isolated as isolated
    from evenflow.testing.live import open_live_client as open_live_client
    from evenflow.testing.recorder import Recorder as Recorder
    from evenflow.testing.recorder import recording as recording
else:
    _HOME = {
        "Clock": "clock",
        "Recorder": "recorder",
        "Results": "concurrency",
        "assert_no_blocking": "blocking",
        "concurrently": "concurrency",
        "isolated": "isolation",
        "open_client": "client",
        "open_live_client": "live",
        "recording": "recorder",
    }
    __all__ = sorted(_HOME)

    def __getattr__(name):
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"evenflow.testing.{_HOME[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return __all__
