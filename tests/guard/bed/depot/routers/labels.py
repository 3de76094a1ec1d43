"""Labels: a service that is made once, and one that is asked for."""

import asyncio
from typing import Annotated, Any

from depot import keeper
from depot.amounts import Size, number, seconds
from depot.clients.rates import Exchange, ask, fetch_rate, tariff_for
from depot.services import LabelService, printed
from depot.services.labels import print_alone, print_soon, queue_label
from fastapi import APIRouter, Depends

router = APIRouter(tags=["labels"])
labels = LabelService(copies=2)


def label_service() -> LabelService:
    return labels


@router.get("/sleep-imported")
async def warm_the_printer(service: Annotated[LabelService, Depends(label_service)], size: Size = "small") -> str:
    service.warm(seconds(size))
    return "warm"


@router.get("/requests-get")
async def rate(size: Size = "small") -> Any:
    return fetch_rate(size)


@router.get("/httpx-classmethod")
async def price(size: Size = "small") -> float:
    return Exchange.in_euro(3.5, size)


@router.get("/http-client")
async def tariff(size: Size = "small") -> Any:
    return tariff_for(size)


@router.get("/partial")
async def asked(size: Size = "small") -> Any:
    return one_rate(size)


def one_rate(size: Size) -> Any:
    return ask(size)


@router.get("/bcrypt/{printer}")
async def printer_password(printer: str, size: Size = "small") -> int:
    return len(LabelService.password_of(printer, number(size, 8, 12)))


@router.get("/jinja2")
async def template(size: Size = "small") -> int:
    return len(labels.rendered(size))


@router.get("/zipfile")
async def bundle(size: Size = "small") -> int:
    return labels.bundle(size)


@router.get("/pillow-resize")
async def thumbnail(size: Size = "small") -> list[int]:
    return list(thumbnail_of(size))


def thumbnail_of(size: Size) -> tuple[int, int]:
    return labels.picture(size)


@router.get("/check-output")
async def print_one(size: Size = "small") -> int:
    return len(printed(seconds(size)))


@router.get("/paced-decorator")
async def queue_one(size: Size = "small") -> str:
    return queue_label("fragile", seconds(size))


@router.get("/context-manager")
async def alone(size: Size = "small") -> str:
    await keeper.hold_the_shelf(seconds(size))
    return print_alone("fragile")


@router.get("/created-task")
async def soon(size: Size = "small") -> str:
    task = asyncio.create_task(print_soon(size))
    return await task
