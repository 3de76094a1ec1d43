"""What is put away."""

import gzip
import os
import pickle
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from depot import stock
from depot.amounts import Size
from depot.settings import settings


class Format:
    def pack(self, things: Any) -> bytes:
        raise NotImplementedError


class PickleFormat(Format):
    def pack(self, things: Any) -> bytes:
        # bed: m/pickle kind=cpu depth=3 call=pickle.dumps
        return pickle.dumps(things)


class GzipFormat(Format):
    def __init__(self, level: int = 9) -> None:
        self.level = level

    def pack(self, things: Any) -> bytes:
        return self._squeezed(repr(things).encode())

    def _squeezed(self, data: bytes) -> bytes:
        # bed: m/gzip kind=cpu depth=4 call=gzip.compress
        return gzip.compress(data, self.level)


class Archive:
    def __init__(self, format: Format | None = None) -> None:
        self.format: Format = format or PickleFormat()
        self.squeezed = GzipFormat(6)

    def snapshot(self, size: Size) -> int:
        return self._stored([*stock.parcels(size, 2_000, 60_000), *stock.prices(size, 2_000, 130_000)])

    def _stored(self, things: list[Any]) -> int:
        return len(self.format.pack(things))

    def weights(self, size: Size) -> int:
        return self._packed(stock.weights(size, 8_000, 200_000))

    def _packed(self, things: Iterable[float]) -> int:
        return len(self.squeezed.pack(list(things)))

    def year(self, size: Size) -> str:
        return self._bundled(settings.folder / f"year-{size}")

    def _bundled(self, folder: Path) -> str:
        return bundle(folder, settings.folder / f"{folder.name}-bundle")


def bundle(folder: Path, target: Path) -> str:
    return _archived(str(folder), str(target))


def _archived(folder: str, target: str) -> str:
    # bed: m/make-archive kind=disk depth=4 call=shutil.make_archive
    return shutil.make_archive(target, "gztar", folder)


def free_space(duration: float) -> str:
    return Shell().output(f"sleep {duration}; echo free")


class Shell:
    def output(self, command: str) -> str:
        return self._read(command)

    def _read(self, command: str) -> str:
        # bed: m/popen kind=waits depth=3 call=os.popen
        with os.popen(command) as pipe:
            # bed: m/popen call=read
            return pipe.read()

    def run(self, command: str) -> int:
        return self._run(command)

    def _run(self, command: str) -> int:
        return _started(command)


def _started(command: str) -> int:
    # bed: m/os-system kind=waits depth=5 call=os.system
    return os.system(command)
