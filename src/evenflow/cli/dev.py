"""`evenflow dev`: serve an app while it is being written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenflow.cli.examples import block
from evenflow.cli.options import AppDir, Factory, Host, Port, Target
from evenflow.cli.serving import Serving, serve

EXAMPLES = block(
    "evenflow dev main:app", "evenflow dev shop.api:app --app-dir src --reload-dir src --reload-dir shared"
)


def dev(
    target: Target,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="Reload when a file changes in here; may be repeated.  \\[default: --app-dir]"
        ),
    ] = None,
) -> None:
    """Serve an app and start it anew whenever its files change. Requests are logged."""
    serve(
        Serving(
            target=target,
            app_dir=app_dir,
            factory=factory,
            host=host,
            port=port,
            reload_dirs=tuple(reload_dir or [app_dir]),
            access_log=True,
        )
    )
