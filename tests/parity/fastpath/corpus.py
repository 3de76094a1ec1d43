"""Programs and requests that were once answered differently, kept to be tried for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from .drive import Attach
from .session import Mismatch, Pair, Tally, quiet
from .spec import Request

FOLDER = Path(__file__).parent / "corpus"
MARK = "\n# The requests, in order, and the one before which late() is called.\n"


def text(mismatch: Mismatch) -> str:
    """A mismatch as a file of the corpus: the program, then what it was asked."""
    requests = "".join(f"    {request!r},\n" for request in mismatch.requests)
    return f"{mismatch.program}{MARK}REQUESTS = [\n{requests}]\nLATE = {mismatch.late!r}\n"


def load(path: Path) -> tuple[str, list[Request], int | None]:
    """The program, the requests and the place of the late routes that `text` wrote."""
    program, _, rest = path.read_text().partition(MARK)
    names: dict[str, Any] = {"Request": Request}
    exec(rest, names)
    return program, names["REQUESTS"], names["LATE"]


def replay(path: Path, attach: Attach) -> list[Mismatch]:
    """Where the answers to a kept program still differ."""
    program, requests, late = load(path)
    with quiet():
        return asyncio.run(Pair(program, attach).mismatches(requests, late, Tally()))
