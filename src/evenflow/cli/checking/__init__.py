"""What `evenflow check` finds out about an app, and how it is shown. Each part is loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evenflow.cli.checking.blocking import is_path as is_path
    from evenflow.cli.checking.blocking import read as read
    from evenflow.cli.checking.blocking import write_baseline as write_baseline
    from evenflow.cli.checking.code import show_code as show_code
    from evenflow.cli.checking.examining import examine as examine
    from evenflow.cli.checking.printing import as_json as as_json
    from evenflow.cli.checking.printing import print_blocking as print_blocking
    from evenflow.cli.checking.showing import show as show
    from evenflow.guard.program import NoProgram as NoProgram

_HOMES = {
    "NoProgram": "evenflow.guard.program",
    "as_json": "evenflow.cli.checking.printing",
    "examine": "evenflow.cli.checking.examining",
    "is_path": "evenflow.cli.checking.blocking",
    "print_blocking": "evenflow.cli.checking.printing",
    "read": "evenflow.cli.checking.blocking",
    "show": "evenflow.cli.checking.showing",
    "show_code": "evenflow.cli.checking.code",
    "write_baseline": "evenflow.cli.checking.blocking",
}


def __getattr__(name: str) -> Any:
    # Reading a program needs none of what looking at an app does.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
