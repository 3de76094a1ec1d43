"""Parcels, as a beginner writes it: everything in the route."""

import hashlib
import json
import logging
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import httpx
from depot import keeper, stock
from depot.amounts import Size, number, seconds
from depot.dependencies import RateLimited
from depot.settings import settings
from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import StreamingResponse

router = APIRouter(prefix="/m", tags=["parcels"])
log = logging.getLogger("depot.parcels")


@router.get("/sleep")
async def wait_for_the_scanner(size: Size = "small") -> dict[str, str]:
    # bed: m/sleep kind=waits depth=0 call=time.sleep
    time.sleep(seconds(size))
    return {"scanner": "ready"}


@router.get("/urlopen/{parcel_id}")
async def customs(parcel_id: int, size: Size = "small") -> Any:
    # bed: m/urlopen kind=waits depth=0 call=urllib.request.urlopen
    with urllib.request.urlopen(settings.slow(size)) as answer:
        return json.load(answer)


@router.get("/subprocess-run")
async def print_slip(size: Size = "small") -> dict[str, int]:
    # bed: m/subprocess-run kind=waits depth=0 call=subprocess.run
    printed = subprocess.run(["sleep", str(seconds(size))], check=True)
    return {"code": printed.returncode}


@router.get("/read-text")
async def manifest(size: Size = "small") -> dict[str, int]:
    # bed: m/read-text kind=disk depth=0 call=pathlib.Path.read_text
    text = settings.file("manifest", size, "txt").read_text()
    return {"characters": len(text)}


@router.get("/json-dumps")
async def export(size: Size = "small") -> dict[str, int]:
    # bed: m/json-dumps kind=cpu depth=0 call=json.dumps
    text = json.dumps(stock.parcels(size, 3_000, 60_000))
    return {"characters": len(text)}


@router.get("/lock")
async def take_from_shelf(size: Size = "small") -> dict[str, bool]:
    await keeper.hold_the_shelf(seconds(size))
    # bed: m/lock kind=lock depth=0 call=threading.Lock.acquire
    with keeper.shelf:
        return {"taken": True}


@router.get("/pbkdf2/{customer}/secret")
async def derive(customer: str, size: Size = "small") -> dict[str, str]:
    rounds = number(size, 80_000, 450_000)
    # bed: m/pbkdf2 kind=cpu depth=0 call=hashlib.pbkdf2_hmac
    key = hashlib.pbkdf2_hmac("sha256", customer.encode(), b"salt", rounds)
    return {"key": key.hex()}


@router.get("/sorted")
async def heaviest(size: Size = "small") -> list[float]:
    # bed: m/sorted kind=cpu depth=0 call=sorted
    ordered = sorted(stock.weights(size, 40_000, 800_000))
    return ordered[:3]


@router.get("/dependency-sleep")
async def limited(allowed: RateLimited) -> dict[str, str]:
    return {"allowed": allowed}


@router.get("/middleware-sqlite")
async def audited() -> dict[str, bool]:
    return {"audited": True}


@router.get("/middleware-sleep")
async def throttled() -> dict[str, bool]:
    return {"throttled": True}


@router.get("/stream-sleep")
async def follow(size: Size = "small") -> StreamingResponse:
    async def events() -> AsyncIterator[str]:
        yield "first\n"
        # bed: m/stream-sleep kind=waits depth=0 call=time.sleep
        time.sleep(seconds(size))
        yield "second\n"

    return StreamingResponse(events(), media_type="text/plain")


async def tell_the_carrier(size: Size) -> None:
    # bed: m/background-httpx kind=waits depth=0 call=httpx.post
    httpx.post(settings.slow(size), json={"state": "packed"})


@router.get("/background-httpx")
async def pack(background: BackgroundTasks, size: Size = "small") -> dict[str, str]:
    background.add_task(tell_the_carrier, size)
    return {"state": "packed"}
