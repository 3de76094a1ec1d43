"""How many requests went which way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """Requests since the start, by how they were answered."""

    compiled: int = 0
    """By a compiled route."""
    replayed: int = 0
    """By FastAPI, after a compiled route had found the body unusual; no code of the app had run."""
    routed: Counter[str] = field(default_factory=Counter)
    """By FastAPI's own handler of a route that our table found, by the reason why it is not compiled."""
    stock: Counter[str] = field(default_factory=Counter)
    """By FastAPI alone, by reason."""
    compared: int = 0
    """Of the compiled ones, those that shadow mode had FastAPI answer too."""
    differences: int = 0
    """Of those, the ones with another answer. Each has switched its route off."""
