"""`evenflow demo`: the users API of examples/users, on a SQLite file, with users in it."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from evenflow.cli.examples import block
from evenflow.cli.listening import free_port, require_free_port
from evenflow.cli.options import Host, Port
from evenflow.cli.refusal import Refusal
from evenflow.cli.serving import Serving, serve
from evenflow.errors import EvenflowError

EXAMPLES = block("evenflow demo", "evenflow demo --port 9000 --database /tmp/users.db")

_USERS = 10_000


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    database: Annotated[
        Path, typer.Option(metavar="PATH", help="The SQLite file; made, with 10,000 users, if it is not there.")
    ] = Path("evenflow-demo.db"),
) -> None:
    """Serve a users API on a SQLite file: something to look at, and to measure."""
    require_free_port(host, port)
    port = port or free_port(host)
    directory = _example()
    sys.path.insert(0, str(directory))
    os.environ["DATABASE_URL"] = url = f"sqlite:///{quote(str(database.absolute()))}"
    _fill(url, database)
    _introduce(f"http://{_reachable(host)}:{port}")
    serve(Serving(target="main:app", app_dir=directory, host=host, port=port))


def _example() -> Path:
    """Beside the package where it is installed, else in the checkout."""
    package = Path(__file__).parents[1]
    for directory in (package / "examples" / "users", package.parents[1] / "examples" / "users"):
        if directory.is_dir():
            return directory
    raise Refusal("The demo's example is not installed: install evenflow again, or run it from a checkout.")


def _fill(url: str, database: Path) -> None:
    began = time.perf_counter()
    try:
        made = asyncio.run(import_module("seed").seed(url, _USERS))
    except EvenflowError as error:
        raise Refusal(f"The demo cannot use {database}: {error}") from error
    if made:
        typer.echo(f"Made {made:,} users in {database} ({time.perf_counter() - began:.1f} s).")
    else:
        typer.echo(f"Using the users in {database}.")


def _reachable(host: str) -> str:
    """The host as a browser on this machine writes it."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _introduce(url: str) -> None:
    typer.echo(f"\nThe users API is at {url} (Ctrl+C stops it). Try:\n")
    for path in ("/users/1", "/users?limit=3", "/data"):
        typer.echo(f"  curl '{url}{path}'")
    typer.echo(f"\nIts documentation is at {url}/docs.\n")
