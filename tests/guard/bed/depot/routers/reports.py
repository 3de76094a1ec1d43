"""Reports."""

from typing import Any

from depot.amounts import Size
from depot.repositories import LedgerRepository, ParcelRepository
from depot.services import ReportService
from depot.services import reports as computed
from fastapi import APIRouter

router = APIRouter(prefix="/m/reports", tags=["reports"])
reports = ReportService(ParcelRepository(), LedgerRepository())


@router.get("/deepcopy")
async def draft(size: Size = "small") -> int:
    return reports.draft(size)


@router.get("/generator-rows")
async def errors(size: Size = "small") -> int:
    return reports.errors(size)


@router.get("/inherited-sqlite")
async def turnover(size: Size = "small") -> Any:
    return reports.turnover(size)


@router.get("/json-load")
async def last_night(size: Size = "small") -> int:
    return reports.last_night(size)


@router.get("/xml")
async def customs(size: Size = "small") -> int:
    return computed.customs_form(size)


@router.get("/numpy-sort")
async def median(size: Size = "small") -> float:
    return computed.median_weight(size)


@router.get("/regex")
async def barcode(size: Size = "small") -> bool:
    return computed.read_barcode(size)


@router.get("/decimal-loop")
async def interest(size: Size = "small") -> str:
    return str(computed.yearly_interest(size))


@router.get("/comprehension")
async def pairs(size: Size = "small") -> int:
    return computed.statistics_of("pairs", size)
