"""The one way a command says no."""

from __future__ import annotations


class Refusal(Exception):
    """A sentence for the person at the terminal: what is wrong, and what to do. Exit code 2."""
