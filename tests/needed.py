"""What a test needs and may not be there: a server, a library, an interpreter."""

from __future__ import annotations

import os

import pytest


def needs(what: str, *, there: bool, otherwise: str) -> None:
    """Skips the test where `what` is not there, and says how to get it. In CI it has to be there."""
    if there:
        return
    reason = f"needs {what}: {otherwise}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
