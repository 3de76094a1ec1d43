"""The `evenflow` command: one file per command, put together here.

Nothing is imported before it is needed: a server's worker processes import this file too.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from evenflow.cli.refusal import Refusal

if TYPE_CHECKING:
    import typer


def main() -> None:
    """Runs the command line. What cannot be done ends in a sentence on stderr and exit code 2."""
    try:
        commands()(prog_name="evenflow")
    except Refusal as refusal:
        print(f"evenflow: {refusal}", file=sys.stderr)  # noqa: T201 - this is where the CLI speaks
        raise SystemExit(2) from None


def commands() -> typer.Typer:
    """Every command, as one Typer app."""
    import typer

    from evenflow.cli import check, demo, dev, run, version

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,  # an exception of the user's own module keeps its own traceback
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(version.evenflow)
    app.command("run", epilog=run.EXAMPLES)(run.run)
    app.command("dev", epilog=dev.EXAMPLES)(dev.dev)
    app.command("check", epilog=check.EXAMPLES)(check.check)
    app.command("demo", epilog=demo.EXAMPLES)(demo.demo)
    return app
