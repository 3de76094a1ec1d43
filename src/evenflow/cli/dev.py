"""`evenflow dev`: serve an app while it is being written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenflow.cli.examples import block
from evenflow.cli.options import AppDir, Factory, GuardLog, Host, NoGuard, Port, Target
from evenflow.cli.serving import Serving, serve

EXAMPLES = block(
    "evenflow dev main:app", "evenflow dev shop.api:app --app-dir src --reload-dir src --reload-dir shared"
)


def dev(  # noqa: PLR0913 - a command's options are its parameters
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
    no_guard: NoGuard = False,
    guard_log: GuardLog = None,
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
            guard=not no_guard,
            guard_log=guard_log,
        )
    )
