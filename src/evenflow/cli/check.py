"""`evenflow check`: what blocks the event loop, and what becomes of an app's routes, without serving it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenflow.cli import target as targets
from evenflow.cli.attaching import is_fastapi
from evenflow.cli.examples import block
from evenflow.cli.loop import new_event_loop
from evenflow.cli.options import AppDir, Factory
from evenflow.cli.refusal import Refusal
from evenflow.errors import ConfigError

if TYPE_CHECKING:
    from evenflow.cli.checking.blocking import Blocking

EXAMPLES = block(
    "evenflow check main:app",
    "evenflow check shop.api:create_app --app-dir src --factory --json",
    "evenflow check main:app --show-code 'GET /users/{id}'",
    "evenflow check src --format sarif > evenflow.sarif",
    "evenflow check main:app --no-import --write-baseline --baseline known.json",
)


class Format(StrEnum):
    """How the calls that block are printed; all but text print nothing else, and import nothing."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


Checked = Annotated[
    str,
    typer.Argument(
        metavar="MODULE:APP|FOLDER", help="The app, as module:attribute; or a folder, of which nothing is imported."
    ),
]


def check(  # noqa: PLR0913 - one for each option
    target: Checked,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
    code_of: Annotated[
        str | None,
        typer.Option("--show-code", metavar="ROUTE", help="Print the code that was written for this route, and stop."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="Print only the calls that block, in this form, and import nothing.")
    ] = Format.TEXT,
    no_import: Annotated[
        bool, typer.Option("--no-import", help="Print only the calls that block, and import nothing.")
    ] = False,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave out the calls that this file knows.")
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write all that is found to the baseline, and stop.")
    ] = False,
) -> None:
    """Tell which calls block the event loop, and what becomes of the routes.

    The program is read, from every route to the calls that block. Then the app is imported, as by run, though its
    lifespan is not started: which routes are compiled and why not the others, what stands in front, and what is
    never reached. Exits with 1 where something blocks while the app serves.
    """
    from evenflow.cli import checking

    if code_of is not None:
        checking.show_code(_app(target, app_dir, factory=factory), code_of)
        return
    static_only = no_import or form is not Format.TEXT or write_baseline or checking.is_path(target)
    blocking = _read(target, app_dir, baseline, whole=write_baseline, required=static_only)
    if blocking is not None and write_baseline:
        file = checking.write_baseline(blocking, baseline)
        print(f"{len(blocking.analysis.findings)} findings are in {file} now.")  # noqa: T201 - what it is for
        return
    if blocking is not None and (static_only or not as_json):
        checking.print_blocking(blocking, "json" if as_json else form.value, alone=static_only)
    if not static_only:
        _table(target, _app(target, app_dir, factory=factory), blocking, as_json=as_json)
    if blocking is not None and blocking.stops_requests:
        raise typer.Exit(1)


def _read(target: str, app_dir: Path, baseline: Path | None, *, whole: bool, required: bool) -> Blocking | None:
    """What blocks; None where the program is not to be found, about which importing it will say more."""
    from evenflow.cli import checking

    if required and ":" not in target and not checking.is_path(target):
        raise Refusal(f"{target!r} is neither module:attribute, such as main:app, nor a folder or a file.")
    try:
        return checking.read(target, app_dir, baseline, whole=whole)
    except checking.NoProgram as error:
        if required:
            raise Refusal(str(error)) from None
        return None
    except ConfigError as error:
        raise Refusal(str(error)) from None


def _app(target: str, app_dir: Path, *, factory: bool) -> Any:
    app = _load(target, app_dir, factory=factory)
    if not is_fastapi(app):
        raise Refusal(f"{target} is of type {type(app).__name__}: evenflow check looks at FastAPI apps.")
    return app


def _table(target: str, app: Any, blocking: Blocking | None, *, as_json: bool) -> None:
    from evenflow.cli import checking

    findings = checking.examine(app)
    if as_json:
        stops = checking.as_json(blocking.new) if blocking is not None else []
        shown = {"app": target, **asdict(findings), "blocking": stops}
        print(json.dumps(shown, indent=2, ensure_ascii=False))  # noqa: T201 - what it is for
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
