"""The depot's own tests, one a route. `in_tests.py` runs them, in a pytest of their own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.guard.bed.index import Clean, Mistake, clean, mistakes
from tests.guard.bed.visiting import depot_app, visiting

ROUTES = [route for route in (*clean(), *mistakes()) if not route.missing()]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def app() -> Any:
    return depot_app(dict(os.environ))


@pytest.fixture(scope="module")
async def depot(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(app) as client:
        yield client


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.route.split('/')[1]}/{route.name}")
async def test_route(depot: httpx.AsyncClient, route: Clean | Mistake) -> None:
    answer = await depot.get(route.address, params={"size": os.environ["DEPOT_SIZE"]})

    assert answer.status_code == 200
