"""The block of examples under a command's help."""

from __future__ import annotations


def block(*lines: str) -> str:
    """`lines` as the help text shows them: a heading, and each on a line of its own."""
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  [dim]$[/dim] {line}" for line in lines)
