"""What drawn apps leave behind stays here."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from .session import quiet


@pytest.fixture(autouse=True, scope="package")
def no_forgotten_coroutines() -> Iterator[None]:
    """A drawn endpoint may be a coroutine function where FastAPI takes it for a generator and never awaits it."""
    yield
    with quiet():
        gc.collect()
