"""What is to be served, told to every process of a server: uvicorn hands on no more than a name to import."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

_VARIABLE = "EVENFLOW_SERVES"


@dataclass(frozen=True, slots=True)
class Order:
    """An app, or with `factory` what makes one."""

    target: str
    app_dir: Path
    factory: bool


def give(order: Order) -> None:
    """Leaves an order for this process, and for those it starts."""
    os.environ[_VARIABLE] = json.dumps([order.target, str(order.app_dir), order.factory])


def ordered() -> Order:
    """The order that was given."""
    target, app_dir, factory = json.loads(os.environ[_VARIABLE])
    return Order(target, Path(app_dir), factory)
