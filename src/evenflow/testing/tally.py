"""What became of the HTTP requests of a test run: numbers that can be added up over processes, and said in one line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = "EVENFLOW_TALLIES"
"""Environment variable: the folder into which every process of a run writes its tally, when it is done."""
MODE = "EVENFLOW_FORCED"
"""Environment variable: tells the programs that tests start how to force the fast path."""
NOT_COVERED = (
    " of Starlette's",
    "no route has this path",
    "makes its own handler",
    "has its own",
    "can match anything",
    "is not one of Starlette's convertors",
    "was replaced",
    "were replaced",
    "is wrapped by",
)
"""Parts of the reasons that say: this is no route of a kind that the fast path is made for.

Either no route has that path (404, 405, a redirect), or it is Starlette's (`/docs`, static files), or somebody's own
code stands in it.
"""


@dataclass(slots=True)
class Tally:
    """How many HTTP requests there were, and who answered them."""

    requests: int = 0
    """All that were made to any FastAPI app. One that goes on into a mounted app is counted there again."""
    compiled: int = 0
    replayed: int = 0
    routed: dict[str, int] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_all(cls, folder: Path) -> Tally:
        """Adds up what the processes of a run wrote into `folder`."""
        total = cls()
        for file in folder.iterdir():
            total.add(cls(**json.loads(file.read_text())))
        return total

    def write(self) -> None:
        """Writes the numbers of this process into the folder of the run."""
        Path(os.environ[FOLDER], f"{os.getpid()}.json").write_text(json.dumps(asdict(self)))

    def add(self, other: Tally) -> None:
        """Adds the numbers of another one to these."""
        self.requests += other.requests
        self.compiled += other.compiled
        self.replayed += other.replayed
        for mine, theirs in ((self.routed, other.routed), (self.stock, other.stock)):
            for reason, number in theirs.items():
                mine[reason] = mine.get(reason, 0) + number

    @property
    def unseen(self) -> int:
        """Requests that never came to the fast path: a middleware answered them, or the app has none."""
        return self.requests - self.compiled - self.replayed - sum(self.routed.values()) - sum(self.stock.values())

    @property
    def share(self) -> float:
        """Percent of all requests that compiled code answered."""
        return _percent(self.compiled, self.requests)

    @property
    def covered_share(self) -> float:
        """The same, of the requests to routes of the kinds that the fast path is made for, and of the unseen ones."""
        return _percent(self.compiled, self.requests - sum(self._not_covered()))

    def _not_covered(self) -> Iterable[int]:
        for reasons in (self.routed, self.stock):
            yield from (number for reason, number in reasons.items() if any(part in reason for part in NOT_COVERED))

    def line(self) -> str:
        """Everything in one line, the most frequent reasons first."""
        return (
            f"{self.requests} HTTP requests: {self.compiled} compiled ({self.share:.1f} % of all, "
            f"{self.covered_share:.1f} % of the kinds covered), {self.replayed} replayed, "
            f"{_by_reason('routed', self.routed)}, {_by_reason('stock', self.stock)}, {self.unseen} never came to it"
        )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _by_reason(name: str, numbers: Mapping[str, int]) -> str:
    listed = "; ".join(f"{reason} {number}" for reason, number in sorted(numbers.items(), key=lambda one: -one[1]))
    return f"{sum(numbers.values())} {name}" + (f" ({listed})" if listed else "")
