"""What routes ask for."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from depot.amounts import Size, number, seconds
from depot.clients.cache import Cache
from depot.repositories import CustomerRepository
from fastapi import Depends, Header

cache = Cache()


async def rate_limited(size: Size = "small") -> str:
    # bed: m/dependency-sleep kind=waits depth=0 call=time.sleep
    time.sleep(seconds(size))
    return "allowed"


async def current_customer(size: Size = "small", authorization: Annotated[str, Header()] = "") -> str:
    return cache.session_of(authorization or "nobody", seconds(size))


async def unit_of_work(size: Size = "small") -> AsyncIterator[CustomerRepository]:
    repository = CustomerRepository()
    yield repository
    repository.flush(number(size, 60_000, 1_200_000))


def slow_in_a_thread(size: Size = "small") -> float:
    time.sleep(seconds(size))
    return 1.0


class Page:
    """A class as a dependency: FastAPI makes it in a thread."""

    def __init__(self, size: Size = "small") -> None:
        time.sleep(seconds(size))
        self.size = size


async def resting(size: Size = "small") -> None:
    await asyncio.sleep(seconds(size))


RateLimited = Annotated[str, Depends(rate_limited)]
CurrentCustomer = Annotated[str, Depends(current_customer)]
UnitOfWork = Annotated[CustomerRepository, Depends(unit_of_work)]
