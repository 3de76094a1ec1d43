"""The books."""

import shelve
from typing import Any

from depot.settings import settings

from .base import COUNT, Repository


class LedgerRepository(Repository):
    file = "ledger.db"

    def _one(self, count: int) -> Any:
        return super().query(COUNT, count)


class Ledger:
    """Bookings, kept in a file."""

    def __init__(self) -> None:
        self.name = str(settings.folder / "bookings")

    def book(self, entries: list[dict[str, Any]]) -> int:
        # bed: m/shelve kind=disk depth=3 call=shelve.open
        with shelve.open(self.name) as bookings:
            # bed: m/shelve call=shelve.Shelf.update
            bookings.update({str(entry["id"]): entry for entry in entries})
            # bed: m/shelve call=shelve.Shelf.__len__
            return len(bookings)
