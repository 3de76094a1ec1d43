"""What the environment says about the watchdog."""

from __future__ import annotations

import os

OFF = {"off", "0", "false", "no"}
VARIABLE = "EVENFLOW_GUARD"
LOG_VARIABLE = "EVENFLOW_GUARD_LOG"


def turned_off() -> bool:
    """Whether EVENFLOW_GUARD is `off`."""
    return os.environ.get(VARIABLE, "").strip().lower() in OFF


def log_file() -> str | None:
    """The file that EVENFLOW_GUARD_LOG names."""
    return os.environ.get(LOG_VARIABLE, "").strip() or None
