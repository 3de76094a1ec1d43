"""Routes in a thread of the pool that hold the interpreter there: the loop stands still as well."""

import json
import pickle
import re
from itertools import repeat
from typing import Any
from xml.etree import ElementTree

from depot import stock
from fastapi import APIRouter

router = APIRouter(prefix="/g", tags=["thieves"])
_TEXT = json.dumps(stock.parcels("big", 0, 60_000))
_WEIGHTS = stock.weights("big", 0, 800_000)
_FORM = "<form>" + "<item weight='3'>box</item>" * 220_000 + "</form>"
_PRICES = stock.prices("big", 0, 200_000)
_BARCODE = re.compile(r"(\w+\s?)+:")
_NUMBER = 7**40_000


@router.get("/json-dumps")
def export() -> int:
    # bed: g/json-dumps kind=gil depth=0 call=json.dumps
    return len(json.dumps(stock.parcels("big", 0, 60_000)))


@router.get("/json-loads")
def imported() -> int:
    # bed: g/json-loads kind=gil depth=0 call=json.loads
    return len(json.loads(_TEXT))


@router.get("/sorted")
def heaviest() -> float:
    return _last(_WEIGHTS)


def _last(weights: list[float]) -> float:
    # bed: g/sorted kind=gil depth=1 call=sorted
    return sorted(weights)[-1]


@router.get("/regex")
def barcode() -> bool:
    # bed: g/regex kind=gil depth=0 call=re.Pattern.match
    return _BARCODE.match("a" * 22) is not None


@router.get("/sum")
def total() -> float:
    # bed: g/sum kind=gil depth=0 call=sum
    return sum(repeat(0.5, 30_000_000))


@router.get("/pickle")
def snapshot() -> int:
    return Snapshot(_PRICES).length()


class Snapshot:
    def __init__(self, things: Any) -> None:
        self.things = things

    def length(self) -> int:
        # bed: g/pickle kind=gil depth=1 call=pickle.dumps
        return len(pickle.dumps(self.things))


@router.get("/big-number")
def number() -> int:
    # bed: g/big-number kind=gil depth=0 call=pow
    return (_NUMBER**18).bit_length()


@router.get("/xml")
def customs() -> int:
    # bed: g/xml kind=gil depth=0 call=xml.etree.ElementTree.fromstring
    return len(ElementTree.fromstring(_FORM))


@router.get("/count")
def scanned() -> int:
    # bed: g/count kind=gil depth=0 call=str.count
    return (_TEXT * 12).count("shelf 77")


@router.get("/set")
def different() -> int:
    # bed: g/set kind=gil depth=0 call=set
    return len(set(map(str, _WEIGHTS[:400_000])))
