"""Customers and visitors."""

from typing import Annotated, Any

from depot.amounts import Size
from depot.dependencies import CurrentCustomer
from depot.services import accounts
from depot.services.accounts import Badge, Visit, gate
from depot.settings import settings
from fastapi import APIRouter, Query

router = APIRouter(tags=["accounts"])


@router.get("/m/dependency-redis")
async def me(customer: CurrentCustomer) -> str:
    return customer


@router.get("/m/property-read")
async def badge(size: Size = "small") -> int:
    shown = Badge(settings.file("badge", size, "png"))
    return len(shown.picture)


@router.get("/m/validator")
async def visit(asked: Annotated[Visit, Query()]) -> Size:
    return asked.size


@router.get("/m/psycopg")
async def customers(size: Size = "small") -> int:
    return gate.customers(size)


@router.get("/m/pymysql/{customer_id}")
async def balance(customer_id: int, size: Size = "small") -> Any:
    return gate.balance(size)


@router.get("/m/sqlalchemy-session")
async def owner(size: Size = "small") -> Any:
    return str(gate.owner(size))


@router.get("/m/scrypt")
async def sign_in(size: Size = "small") -> str:
    return signed_in("secret", size)[:8]


def signed_in(password: str, size: Size) -> str:
    return accounts.sign_in(password, size)


@router.get("/m/function-argument")
async def registered(size: Size = "small") -> Any:
    return accounts.registered(size)
