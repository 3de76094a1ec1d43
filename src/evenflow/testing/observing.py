"""The fixtures that watch and control what happens, as pytest lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from evenflow.testing.asynchronous import in_the_loop

if TYPE_CHECKING:
    from evenflow.testing.recorder import Recorder


@pytest.fixture
def events() -> Iterator[Recorder]:
    """Everything Evenflow tells during the test: `events.of(SlowQuery)`."""
    from evenflow.testing.recorder import recording

    with recording() as recorder:
        yield recorder


@pytest.fixture
@in_the_loop("evenflow.testing.clock:made")
def clock() -> Any:
    """The event loop's time: `await clock.advance(60)`."""
