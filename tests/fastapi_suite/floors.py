"""What a run has to reach, for each FastAPI version: without it, a fast path that steps aside everywhere would pass."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import floor
from pathlib import Path

from evenflow.testing.tally import Tally
from tests.fastapi_suite.suite import Outcome

FILE = Path(__file__).parent / "floors.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What was reached with one version, in one mode."""

    passed: int
    """How many tests passed at least."""
    compiled: int
    """Percent of all HTTP requests that compiled code answered, at least."""
    compiled_of_covered: int
    """The same of the requests to routes of the kinds the fast path is made for."""
    failing: tuple[str, ...] = ()
    """The tests that fail: exactly these."""

    def not_held(self, outcome: Outcome) -> list[str]:
        """What the run has not reached, in sentences; nothing if all is well."""
        tally = Tally(**outcome.tally)
        told = [f"failed: {test}" for test in outcome.failed if test not in self.failing]
        told += [f"passes now, take it off the list: {test}" for test in self.failing if test not in outcome.failed]
        if outcome.passed < self.passed:
            told.append(f"only {outcome.passed} tests passed; there have been {self.passed}")
        for what, share, least in (
            ("all requests", tally.share, self.compiled),
            ("the requests to kinds covered", tally.covered_share, self.compiled_of_covered),
        ):
            if share < least:
                told.append(f"only {share:.1f} % of {what} were compiled; it has to be {least} %")
        return told


def read() -> dict[str, dict[str, Floor]]:
    """The floors by version and mode, oldest version first."""
    return {
        version: {mode: Floor(**{**told, "failing": tuple(told["failing"])}) for mode, told in modes.items()}
        for version, modes in json.loads(FILE.read_text()).items()
    }


def record(version: str, mode: str, outcome: Outcome) -> None:
    """Writes down what a run has reached. The list of failing tests is not written: that is for people to decide."""
    floors = read()
    tally = Tally(**outcome.tally)
    before = floors.setdefault(version, {}).get(mode)
    floors[version][mode] = Floor(
        passed=outcome.passed,
        compiled=floor(tally.share),
        compiled_of_covered=floor(tally.covered_share),
        failing=before.failing if before else (),
    )
    told = {
        version: {mode: asdict(reached) for mode, reached in sorted(modes.items())}
        for version, modes in sorted(floors.items(), key=lambda one: [int(part) for part in one[0].split(".")])
    }
    FILE.write_text(json.dumps(told, indent=2) + "\n")
