"""`evenflow run`: serve an app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenflow.cli.examples import block
from evenflow.cli.options import AppDir, Factory, GuardLog, Host, KeepAlive, NoGuard, Port, Socket, Target
from evenflow.cli.serving import Serving, serve

EXAMPLES = block(
    "evenflow run main:app",
    "evenflow run shop.api:app --app-dir src --host 0.0.0.0 --workers 4",
    "evenflow run main:app --uds /run/shop.sock --proxy-headers",
    "evenflow run main:create_app --factory",
)


def run(  # noqa: PLR0913 - a command's options are its parameters
    target: Target,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    uds: Socket = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes serve.")] = 1,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    access_log: Annotated[bool, typer.Option("--access-log", help="Log every request.")] = False,
    proxy_headers: Annotated[
        bool, typer.Option("--proxy-headers", help="Believe X-Forwarded-For and -Proto of a proxy on this host.")
    ] = False,
    keep_alive: KeepAlive = 75,
    no_guard: NoGuard = False,
    guard_log: GuardLog = None,
) -> None:
    """Serve an app: any ASGI app, whether it uses Evenflow or not."""
    serve(
        Serving(
            target=target,
            app_dir=app_dir,
            factory=factory,
            host=host,
            port=port,
            uds=uds,
            workers=workers,
            access_log=access_log,
            proxy_headers=proxy_headers,
            keep_alive=keep_alive,
            guard=not no_guard,
            guard_log=guard_log,
        )
    )
