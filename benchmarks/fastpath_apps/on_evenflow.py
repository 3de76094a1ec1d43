"""The same app, with the fast path."""

from __future__ import annotations

from benchmarks.fastpath_apps.on_fastapi import make
from evenflow.fastpath import attach

app = make()
fastpath = attach(app)
