"""`evenflow --version`, and what `evenflow` says of itself."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer


def _show(wanted: bool) -> None:
    if not wanted:
        return
    try:
        typer.echo(f"evenflow {version('evenflow')}")
    except PackageNotFoundError:
        typer.echo("evenflow, run from a checkout that is not installed")
    raise typer.Exit


def evenflow(
    version: Annotated[
        bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """FastAPI at the speed async promised."""
