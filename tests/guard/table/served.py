"""Serves the depot with one tool turned on: `python -m tests.guard.table.served TOOL FILE PORT`."""

from __future__ import annotations

import sys

import uvicorn

from tests.guard.bed import serving
from tests.guard.table.watching import TOOLS, reporter


def main(tool: str, file: str, port: str) -> None:
    """Until it is told to stop. What the tool reports is written to a file."""
    with open(file, "w") as reports:
        app = TOOLS[tool](serving.app, reporter(reports))
        uvicorn.run(app, port=int(port), loop="asyncio", log_level="warning", lifespan="on")


if __name__ == "__main__":
    main(*sys.argv[1:])
