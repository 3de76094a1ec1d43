"""Where parcels are."""

from typing import Any

from depot import keeper
from depot.amounts import Size, seconds
from depot.services import tracking
from depot.services.tracking import Tracking
from fastapi import APIRouter

router = APIRouter(prefix="/m", tags=["tracking"])
service: Tracking = Tracking()


@router.get("/smtplib")
async def announce(size: Size = "small") -> str:
    service.announce("ada@depot.example", size)
    return "announced"


@router.get("/requests-session")
async def pickups(size: Size = "small") -> Any:
    return service.pickups(size)


@router.get("/socket-recv")
async def weight(size: Size = "small") -> float:
    return service.weight(size)


@router.get("/queue-get")
async def next_scan(size: Size = "small") -> str:
    keeper.scan_in(seconds(size), "parcel 7")
    return service.next_scan()


@router.get("/event-wait")
async def door(size: Size = "small") -> bool:
    keeper.open_the_door_in(seconds(size))
    return tracking.wait_at_the_door()


@router.get("/future-result")
async def weighed(size: Size = "small") -> float:
    return tracking.weighed(size)


@router.get("/futures-wait")
async def all_weighed(size: Size = "small") -> int:
    return tracking.weigh_all(size)


@router.get("/logging-http")
async def alarm(size: Size = "small") -> str:
    tracking.alarm("parcel lost", size)
    return "told"


@router.get("/poll-sleep/{parcel_id}")
async def delivered(parcel_id: int, size: Size = "small") -> int:
    return tracking.until_delivered(size)


@router.get("/thread-join")
async def patrol(size: Size = "small") -> str:
    return tracking.patrol(size)
