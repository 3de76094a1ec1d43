"""Finds what blocks the event loop: by reading a program, while its tests run, and while it serves.

`finding.py` says what is found, `catalogue/` which calls block, `allowed.py` where the program says that it may be.
"""

from __future__ import annotations

from evenflow.guard.finding import Finding as Finding
from evenflow.guard.finding import Hop as Hop
from evenflow.guard.finding import Kind as Kind
