"""`evenflow check`: what becomes of an app's routes, without serving it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from evenflow.cli import target as targets
from evenflow.cli.attaching import is_fastapi
from evenflow.cli.examples import block
from evenflow.cli.loop import new_event_loop
from evenflow.cli.options import AppDir, Factory, Target
from evenflow.cli.refusal import Refusal

EXAMPLES = block(
    "evenflow check main:app",
    "evenflow check shop.api:create_app --app-dir src --factory --json",
    "evenflow check main:app --show-code 'GET /users/{id}'",
)


def check(
    target: Target,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
    code_of: Annotated[
        str | None,
        typer.Option("--show-code", metavar="ROUTE", help="Print the code that was written for this route, and stop."),
    ] = None,
) -> None:
    """Tell which routes are compiled and why not the others, what stands in front, and what is never reached.

    The app is imported, as by run; its lifespan is not started.
    """
    app = _load(target, app_dir, factory=factory)
    if not is_fastapi(app):
        raise Refusal(f"{target} is of type {type(app).__name__}: evenflow check looks at FastAPI apps.")
    from evenflow.cli import checking

    if code_of is not None:
        checking.show_code(app, code_of)
        return
    findings = checking.examine(app)
    if as_json:
        print(json.dumps({"app": target, **asdict(findings)}, indent=2, ensure_ascii=False))  # noqa: T201 - what it is for
    else:
        checking.show(findings, target)


def _load(target: str, app_dir: Path, *, factory: bool) -> Any:
    # What the app's modules print is not part of what this prints.
    with redirect_stdout(sys.stderr):
        found = targets.load(target, app_dir, factory=factory)
        if not factory:
            return found
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_called(found))


async def _called(found: Any) -> Any:
    # In a loop, as in a server: what makes the app may need one.
    return found()
