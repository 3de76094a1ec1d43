"""Where two outcomes of one request differ."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .drive import Outcome

FAINT = frozenset({"keys", "faint", "received"})
"""Seen only by who looks into the scope, or counts what is received: reported, and counted apart."""


@dataclass(frozen=True)
class Difference:
    """One part of an outcome that is not the same."""

    part: str
    stock: object
    other: object

    @property
    def faint(self) -> bool:
        return self.part in FAINT

    def __str__(self) -> str:
        if isinstance(self.stock, tuple) and isinstance(self.other, tuple):
            only = [f"  - stock {line}" for line in self.stock if line not in self.other]
            only += [f"  + other {line}" for line in self.other if line not in self.stock]
            return "\n".join([f"{self.part}:", *(only or [f"  - stock {self.stock}", f"  + other {self.other}"])])
        return f"{self.part}:\n  - stock {self.stock}\n  + other {self.other}"


def differences(stock: Outcome, other: Outcome) -> list[Difference]:
    """Every part in which `other` is not what `stock` is, the strict ones first."""
    found = [
        Difference(field.name, getattr(stock, field.name), getattr(other, field.name))
        for field in fields(Outcome)
        if getattr(stock, field.name) != getattr(other, field.name)
    ]
    return sorted(found, key=lambda difference: difference.faint)
