"""What every test may ask for. Fixtures are named for what they give."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Every `async def` test and fixture runs on asyncio's own loop."""
    return "asyncio"
