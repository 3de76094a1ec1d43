"""Parcels on disk."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depot.amounts import Size
from depot.settings import settings

from .base import Repository


class ParcelRepository(Repository):
    file = "parcels.db"

    def lines(self, size: Size = "small") -> Iterator[str]:
        # bed: m/generator-rows kind=disk depth=4 call=pathlib.Path.open
        with settings.file("scans", size, "log").open() as scans:
            # bed: m/generator-rows call=readline
            for line in scans:
                if line.startswith("error"):
                    yield line


def count_parcels(folder: Path) -> int:
    # bed: m/iterdir kind=disk depth=1 call=pathlib.Path.iterdir
    return sum(entry.stat().st_size for entry in folder.iterdir())


def from_csv(path: Path) -> list[dict[str, str]]:
    # bed: m/csv kind=disk depth=1 call=open
    with open(path, newline="") as table:
        # bed: m/csv call=csv.DictReader
        return list(csv.DictReader(table))


def _loaded(path: Path) -> Any:
    # bed: m/json-load kind=disk depth=5 call=pathlib.Path.open
    with path.open() as stored:
        # bed: m/json-load call=json.load
        return json.load(stored)


class Snapshot:
    """What the depot looked like last night."""

    def __init__(self, size: Size) -> None:
        self.path = settings.file("snapshot", size, "json")

    @property
    def content(self) -> Any:
        return _loaded(self.path)

    def __len__(self) -> int:
        return len(self.content)
