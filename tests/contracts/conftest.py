"""One suite for every driver: `db` is a connected database with the tables of `tests.contracts.tables`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evenflow import Database
from tests.contracts.tables import metadata


@pytest.fixture(params=["sqlite file", "sqlite memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"sqlite file": f"sqlite:///{tmp_path}/contract.db", "sqlite memory": "sqlite://"}[request.param]


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url, pool_timeout=0.5) as database:
        await database.create_all(metadata)
        yield database


@pytest.fixture
def in_memory(url: str) -> bool:
    """Whether one connection serves everybody, so that nobody reads while a transaction is open."""
    return url == "sqlite://"
