"""Reports: what is computed in the app itself."""

import copy
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import numpy as np
from depot import stock
from depot.amounts import Size, number
from depot.repositories import LedgerRepository, ParcelRepository
from depot.repositories.parcels import Snapshot

_MEASURED = np.array(stock.weights("big", 0, 500_000))
_BARCODE = re.compile(r"(\w+\s?)+:")


class ReportService:
    def __init__(self, parcels: ParcelRepository, ledger: LedgerRepository) -> None:
        self.parcels = parcels
        self.ledger = ledger

    def draft(self, size: Size) -> int:
        return self._copied(stock.parcels(size, 1_500, 22_000))

    def _copied(self, parcels: list[dict[str, Any]]) -> int:
        # bed: m/deepcopy kind=cpu depth=2 call=copy.deepcopy
        return len(copy.deepcopy(parcels))

    def errors(self, size: Size) -> int:
        return self._counted(size)

    def _counted(self, size: Size) -> int:
        return _length(self.parcels, size)

    def turnover(self, size: Size) -> Any:
        return self._from_ledger(number(size, 60_000, 1_200_000))

    def _from_ledger(self, count: int) -> Any:
        return self.ledger.load(count)

    def last_night(self, size: Size) -> int:
        return self._size_of(Snapshot(size))

    def _size_of(self, snapshot: Snapshot) -> int:
        return len(snapshot)


def _length(parcels: ParcelRepository, size: Size) -> int:
    return sum(1 for _ in parcels.lines(size))


def customs_form(size: Size) -> int:
    return _parsed("<form>" + "<item weight='3'>box</item>" * number(size, 8_000, 220_000) + "</form>")


def _parsed(form: str) -> int:
    return CustomsForm(form).items


class CustomsForm:
    def __init__(self, text: str) -> None:
        # bed: m/xml kind=cpu depth=3 call=xml.etree.ElementTree.fromstring
        self.root = ElementTree.fromstring(text)

    @property
    def items(self) -> int:
        return len(self.root)


def median_weight(size: Size) -> float:
    return _median(np.tile(_MEASURED, number(size, 1, 24)))


def _median(weights: Any) -> float:
    return _ordered(weights)


def _ordered(weights: Any) -> float:
    # bed: m/numpy-sort kind=cpu depth=3 call=numpy.sort needs=numpy
    return float(np.sort(weights)[len(weights) // 2])


def read_barcode(size: Size) -> bool:
    return _checked("a" * number(size, 18, 22))


def _checked(text: str) -> bool:
    return Barcode(text).valid()


class Barcode:
    def __init__(self, text: str) -> None:
        self.text = text

    def valid(self) -> bool:
        return self._matches(_BARCODE)

    def _matches(self, pattern: "re.Pattern[str]") -> bool:
        # bed: m/regex kind=cpu depth=4 call=re.Pattern.match
        return pattern.match(self.text) is not None


def yearly_interest(size: Size) -> Decimal:
    return _interest(number(size, 40_000, 600_000))


def _interest(days: int) -> Decimal:
    return _compounded(Decimal(100), days)


def _compounded(start: Decimal, days: int) -> Decimal:
    return Interest(start).after(days)


class Interest:
    def __init__(self, start: Decimal) -> None:
        self.amount = start

    def after(self, days: int) -> Decimal:
        # bed: m/decimal-loop kind=cpu depth=4 call=Interest.after span=function
        for _ in range(days):
            self.amount += self.amount * Decimal("0.0001")
        return self.amount


STATISTICS: dict[str, Callable[[Size], int]] = {}


def statistic(name: str) -> Callable[[Callable[[Size], int]], Callable[[Size], int]]:
    def register(function: Callable[[Size], int]) -> Callable[[Size], int]:
        STATISTICS[name] = function
        return function

    return register


@statistic("pairs")
def pairs(size: Size) -> int:
    return _pairs_of(range(number(size, 700, 2_000)))


def _pairs_of(shelves: range) -> int:
    return _counted_pairs(shelves)


def _counted_pairs(shelves: range) -> int:
    # bed: m/comprehension kind=cpu depth=5 call=_counted_pairs span=function
    return len([left for left in shelves for right in shelves if left * right % 7 == 3])


def statistics_of(name: str, size: Size) -> int:
    return _statistic(name, size)


def _statistic(name: str, size: Size) -> int:
    return STATISTICS[name](size)
