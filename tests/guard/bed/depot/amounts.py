"""How much work a request brings: `small` as in a test of its own, `big` as in production."""

from typing import Literal

Size = Literal["small", "big"]


def seconds(size: Size, small: float = 0.02, big: float = 0.2) -> float:
    return big if size == "big" else small


def number(size: Size, small: int, big: int) -> int:
    return big if size == "big" else small
