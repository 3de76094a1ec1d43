"""The tools that read a program: what each says of the depot."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tests.guard.bed.index import FOLDER, TARGET
from tests.guard.bed.judging import Told

_DEPOT = str(FOLDER / "depot")


def by_ruff() -> list[Told]:
    """Its rules about calls that block."""
    found = json.loads(_output("ruff", "check", "--isolated", "--select", "ASYNC2", "--output-format", "json", _DEPOT))
    return [Told(each["filename"], each["location"]["row"]) for each in found]


def by_flake8_async() -> list[Told]:
    """Its rules about calls that block, as far as they are on when nothing is configured."""
    lines = _output("flake8", "--isolated", _DEPOT).splitlines()
    found = [re.match(r"(?P<file>.*?):(?P<line>\d+):.* ASYNC2", line) for line in lines]
    return [Told(each["file"], int(each["line"])) for each in found if each]


def by_evenflow() -> list[Told]:
    """`evenflow check`, which imports nothing here."""
    found = json.loads(_output("evenflow", "check", TARGET, "--app-dir", str(FOLDER), "--format", "json"))
    return [Told.of(each, folder=FOLDER.parents[2]) for each in found]


def _output(module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=FOLDER.parents[2], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):  # 1 says that there is something
        raise RuntimeError(f"{module}: {done.stderr.strip()}")
    return done.stdout
