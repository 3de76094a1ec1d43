"""Labels: templates, pictures, passwords of printers."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import bcrypt
from depot import keeper, stock
from depot.amounts import Size, number, seconds
from depot.decorators import paced, traced
from depot.settings import settings
from jinja2 import Environment, FileSystemLoader
from PIL import Image


class LabelService:
    templates: Environment

    def __init__(self, copies: int = 1) -> None:
        self.copies = copies
        self.templates = Environment(loader=FileSystemLoader(settings.folder), autoescape=True)

    def warm(self, duration: float) -> None:
        # bed: m/sleep-imported kind=waits depth=1 call=time.sleep
        sleep(duration)

    @staticmethod
    def password_of(printer: str, rounds: int) -> bytes:
        # bed: m/bcrypt kind=cpu depth=1 call=bcrypt.hashpw needs=bcrypt
        return bcrypt.hashpw(printer.encode(), bcrypt.gensalt(rounds))

    def rendered(self, size: Size) -> str:
        return self._filled(number(size, 2_000, 60_000))

    def _filled(self, count: int) -> str:
        # bed: m/jinja2 kind=disk depth=2 call=jinja2.Environment.get_template needs=jinja2
        template = self.templates.get_template("label.html")
        # bed: m/jinja2 call=jinja2.Template.render
        return template.render(parcels=range(count))

    def bundle(self, size: Size) -> int:
        return self._zipped(stock.weights(size, 4_000, 110_000))

    def _zipped(self, weights: list[float]) -> int:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            # bed: m/zipfile kind=cpu depth=2 call=zipfile.ZipFile.writestr
            archive.writestr("weights.txt", str(weights))
        return target.tell()

    def picture(self, size: Size) -> tuple[int, int]:
        edge = number(size, 800, 5000)
        return self._scaled(Image.new("RGB", (edge, edge)))

    def _scaled(self, picture: Image.Image) -> tuple[int, int]:
        return Thumbnail(picture).shape()


class Thumbnail:
    def __init__(self, picture: Image.Image) -> None:
        self.picture = picture

    def shape(self) -> tuple[int, int]:
        # bed: m/pillow-resize kind=cpu depth=4 call=PIL.Image.Image.resize needs=PIL
        return self.picture.resize((300, 300), Image.Resampling.LANCZOS).size


@traced
def printed(duration: float) -> bytes:
    # bed: m/check-output kind=waits depth=2 call=subprocess.check_output
    return subprocess.check_output(["sleep", str(duration)])


@paced(pause="rest")
def queued(label: str, *, rest: float) -> str:
    return label


def queue_label(label: str, duration: float) -> str:
    return queued(label, rest=duration)


@contextmanager
def the_printer_alone() -> Iterator[str]:
    # bed: m/context-manager kind=lock depth=2 call=threading.Lock.acquire
    keeper.shelf.acquire()
    try:
        yield "printer"
    finally:
        keeper.shelf.release()


def print_alone(label: str) -> str:
    with the_printer_alone() as printer:
        return f"{label} on {printer}"


async def print_soon(size: Size) -> str:
    """Somebody else waits for it."""
    return await _printing(size)


async def _printing(size: Size) -> str:
    return _spooled(seconds(size))


def _spooled(duration: float) -> str:
    return _in_the_tray(duration)


def _in_the_tray(duration: float) -> str:
    # bed: m/created-task kind=waits depth=3 call=time.sleep root=task
    sleep(duration)
    return "in the tray"
