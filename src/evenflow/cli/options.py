"""The options that more than one command has, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Target = Annotated[str, typer.Argument(metavar="MODULE:APP", help="The app, as module:attribute.", show_default=False)]
Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is every address.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]
Socket = Annotated[
    Path | None, typer.Option("--uds", metavar="PATH", help="Listen on this Unix socket instead of a port.")
]
AppDir = Annotated[Path, typer.Option(metavar="DIR", help="Where to look for MODULE.")]
Factory = Annotated[bool, typer.Option("--factory", help="APP is a function that makes the app.")]
KeepAlive = Annotated[
    int,
    typer.Option(min=1, metavar="SECONDS", help="How long an idle connection stays open; longer than a proxy's 60 s."),
]
NoGuard = Annotated[bool, typer.Option("--no-guard", help="Do not watch for what blocks the event loop.")]
GuardLog = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Append what blocks the event loop to this file, as lines of JSON.")
]
