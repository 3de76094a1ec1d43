"""What every side answers with."""

from __future__ import annotations

from pydantic import BaseModel


class Item(BaseModel):
    """A thing to sell."""

    id: int
    name: str
    price: float = 1.5
    tags: list[str] = []


ITEMS = [Item(id=number, name=f"item {number}", tags=["new", "blue"]) for number in range(100)]
