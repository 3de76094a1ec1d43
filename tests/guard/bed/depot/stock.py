"""What lies in the depot, made once when the program starts."""

import random
from decimal import Decimal
from typing import Any

from depot.amounts import Size, number

_random = random.Random(7)


def _parcel(index: int) -> dict[str, Any]:
    return {
        "id": index,
        "weight": _random.random() * 30,
        "customer": f"customer {index % 977}",
        "labels": ["fragile", "insured", f"shelf {index % 61}"],
        "size": {"width": index % 100, "height": index % 70},
    }


_PARCELS = [_parcel(index) for index in range(60_000)]
_WEIGHTS = [_random.random() for _ in range(800_000)]
_PRICES = [Decimal(index) / 100 for index in range(200_000)]


def parcels(size: Size, small: int, big: int) -> list[dict[str, Any]]:
    return _PARCELS[: number(size, small, big)]


def weights(size: Size, small: int, big: int) -> list[float]:
    return _WEIGHTS[: number(size, small, big)]


def prices(size: Size, small: int, big: int) -> list[Decimal]:
    return _PRICES[: number(size, small, big)]
