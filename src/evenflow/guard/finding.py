"""What blocks the event loop, as plain data: the same for a program that was read, a test, and an app that serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["waits", "cpu", "disk", "lock", "gil", "host"]
"""What the loop's thread did meanwhile: waited for something outside of the process, computed, read or wrote files,
waited for another thread; `gil`: another thread computed and did not let go of the interpreter; `host`: nothing of
this program's, the machine had no time for it. The last two are known only while a program runs."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A place on the way from the route to the call that blocks."""

    file: str
    line: int
    name: str
    """The function that the line stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A call that blocks the event loop, or would."""

    route: str | None
    """`GET /users/{id}`; for what is no route, what it is: `lifespan`, `middleware Timing`, `task refresh`; None where
    it is not known."""
    file: str
    line: int
    """The line of the program, not of a library, that makes the call."""
    call: str
    """What is called, by its full name (`requests.get`); of code without one, the function that computes."""
    kind: Kind
    chain: tuple[Hop, ...]
    """From the route's function to the one that makes the call."""
    fix: str
    """What to write instead."""

    def as_json(self) -> dict[str, Any]:
        """The same as a dict of what JSON has."""
        return {
            "route": self.route,
            "file": self.file,
            "line": self.line,
            "call": self.call,
            "class": self.kind,
            "chain": [{"file": hop.file, "line": hop.line, "name": hop.name} for hop in self.chain],
            "fix": self.fix,
        }
