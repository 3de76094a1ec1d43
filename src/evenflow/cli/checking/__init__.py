"""What `evenflow check` finds out about an app, and how it is shown."""

from evenflow.cli.checking.code import show_code
from evenflow.cli.checking.examining import examine
from evenflow.cli.checking.showing import show

__all__ = ["examine", "show", "show_code"]
