"""Lines of Python being written, and the values they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Code:
    """The text of one function, and the namespace it will run in."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._count = 0
        self.names: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """One line at the depth reached."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Lines below `header`."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    def constant(self, kind: str, value: Any) -> str:
        """A name for a value. Values are never written into the text, so that equal shapes have equal text."""
        name = self.variable(f"{kind}_")
        self.names[name] = value
        return name

    def variable(self, kind: str) -> str:
        """A name for a local variable that nothing else has."""
        self._count += 1
        return f"{kind}{self._count}"

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "\n".join([*self._lines, ""])
