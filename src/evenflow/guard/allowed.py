"""Lines of which the program itself says that they may block: `# evenflow: blocking-ok <reason>`."""

from __future__ import annotations

import linecache
import re

_COMMENT = re.compile(r"#\s*evenflow:\s*blocking-ok\b[ \t]*(?P<reason>.*)")


def reason_in(text: str) -> str | None:
    """The reason that a line of source gives; empty where it gives none, None where it does not say so at all."""
    found = _COMMENT.search(text)
    return found["reason"].strip() if found else None


def reason_at(file: str, line: int) -> str | None:
    """The same, of a line of a file."""
    return reason_in(linecache.getline(file, line))
