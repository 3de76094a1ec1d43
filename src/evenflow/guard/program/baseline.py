"""What a project already knows to block, so that only what is new is told.

Lines move, so a call is known by its file, its function and its name, and by how many such there are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evenflow.errors import ConfigError
from evenflow.guard.finding import Finding

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often a function makes a call that blocks."""

    known: Counter[_Key]

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """The baseline of a file. Raises ConfigError where it is none."""
        try:
            entries = json.loads(file.read_text("utf-8"))["blocking"]
            return cls(Counter({(each["file"], each["function"], each["call"]): each["times"] for each in entries}))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"The baseline {file} cannot be read ({type(error).__name__}: {error}). "
                "--write-baseline writes a new one."
            ) from error

    @classmethod
    def of(cls, findings: Iterable[Finding], folder: Path) -> Baseline:
        """One that knows all of these."""
        sites = {(_key(each, folder), each.line) for each in findings}
        return cls(Counter(key for key, _ in sites))

    def write(self, file: Path) -> None:
        """Writes it down, one call a line, in an order that stays."""
        lines = [
            json.dumps({"file": key[0], "function": key[1], "call": key[2], "times": times}, ensure_ascii=False)
            for key, times in sorted(self.known.items())
        ]
        inner = ",\n  ".join(lines)
        file.write_text(f'{{"blocking": [\n  {inner}\n]}}\n' if lines else '{"blocking": []}\n', "utf-8")

    def new(self, findings: Iterable[Finding], folder: Path) -> list[Finding]:
        """Those that it does not know. Of a call that stands in a function more often than before, the last ones."""
        findings = list(findings)
        left = Counter(self.known)
        fresh: set[tuple[_Key, int]] = set()
        for key, line in sorted({(_key(each, folder), each.line) for each in findings}):
            if left[key] > 0:
                left[key] -= 1
            else:
                fresh.add((key, line))
        return [each for each in findings if (_key(each, folder), each.line) in fresh]


def _key(finding: Finding, folder: Path) -> _Key:
    file = Path(finding.file)
    place = file.relative_to(folder) if file.is_relative_to(folder) else file
    return place.as_posix(), finding.chain[-1].name, finding.call
