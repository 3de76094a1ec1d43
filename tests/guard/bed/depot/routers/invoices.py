"""Invoices and what is put away."""

import sqlite3
from typing import Any

from depot import stock
from depot.amounts import Size, number
from depot.dependencies import UnitOfWork
from depot.repositories import Ledger, count_parcels
from depot.repositories.base import COUNT
from depot.repositories.parcels import from_csv
from depot.services import ColdStorage
from depot.services.archive import Shell, free_space
from depot.settings import settings
from fastapi import APIRouter

router = APIRouter(tags=["invoices"])
storage = ColdStorage()


class InvoiceBook:
    def __init__(self) -> None:
        self.ledger = Ledger()

    def booked(self, size: Size) -> int:
        return self._booked(stock.parcels(size, 20, 4_000))

    def _booked(self, entries: list[dict[str, Any]]) -> int:
        return self.ledger.book(entries)


book = InvoiceBook()


@router.get("/m/csv")
async def table(size: Size = "small") -> int:
    return len(from_csv(settings.file("invoices", size, "csv")))


@router.get("/m/iterdir")
async def folder(size: Size = "small") -> int:
    return count_parcels(settings.folder / f"scans-{size}")


@router.get("/m/nested-function/{invoice}")
async def invoice_of(invoice: str, size: Size = "small") -> int:
    count = number(size, 60_000, 1_500_000)

    def found() -> int:
        connection = sqlite3.connect(settings.folder / "invoices.db")
        try:
            # bed: m/nested-function kind=disk depth=1 call=sqlite3.Connection.execute
            return int(connection.execute(COUNT, (count,)).fetchone()[0])
        finally:
            connection.close()

    return found()


@router.get("/m/dependency-teardown")
async def booked_later(work: UnitOfWork) -> str:
    return work.file


@router.get("/m/shelve")
async def bookings(size: Size = "small") -> int:
    return book.booked(size)


@router.get("/m/pickle")
async def snapshot(size: Size = "small") -> int:
    return storage.snapshot(size)


@router.get("/m/gzip")
async def packed(size: Size = "small") -> int:
    archived = ColdStorage()
    return archived.weights(size)


@router.get("/m/make-archive")
async def year(size: Size = "small") -> str:
    return ColdStorage().year(size).rpartition("/")[2]


@router.get("/m/popen")
async def space(size: Size = "small") -> str:
    return free_space(0.2 if size == "big" else 0.01)


@router.get("/m/os-system")
async def tidy(size: Size = "small") -> int:
    return tidied(0.2 if size == "big" else 0.01)


def tidied(duration: float) -> int:
    return TidyUp().run(f"sleep {duration}")


class TidyUp(Shell):
    def run(self, command: str) -> int:
        return super().run(command)
