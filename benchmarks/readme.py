"""The README's table of measured numbers, made from benchmarks/results/*.json: `python -m benchmarks.readme`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- measured: written by `python -m benchmarks.readme`, not by hand -->"
END = "<!-- /measured -->"


def write() -> bool:
    """Puts the table of today's results between README.md's two comments; says whether it changed."""
    before = README.read_text()
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README} has no place for the numbers: it needs the lines {BEGIN} and {END}")
    after = f"{head}{BEGIN}\n{table(kept())}\n{END}{tail}"
    if after != before:
        README.write_text(after)
    return after != before


def kept() -> list[dict[str, Any]]:
    """Every result there is, by name."""
    return [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]


def table(results: list[dict[str, Any]]) -> str:
    """One row for each claim, and the machine it was measured on."""
    lines = ["| benchmark | claim | ratio | must |", "|---|---|---:|---:|"]
    machines: dict[str, list[str]] = {}
    for result in results:
        for claim, ratio in result["ratios"].items():
            lines.append(
                f"| `{result['name']}` | {claim} | {ratio:.2f} | {_demand(ratio, result['must'].get(claim))} |"
            )
        machine = result["machine"]
        text = f"Python {machine['python']}, SQLite {machine['sqlite']}, {machine['system']}, {machine['cores']} cores"
        machines.setdefault(text, []).append(f"`{result['name']}`")
    measured = [f"Measured on {machine}: {', '.join(names)}." for machine, names in machines.items()]
    return "\n".join([*lines, "", *measured])


def _demand(ratio: float, least: float | None) -> str:
    if least is None:
        return ""
    return f"≥ {least:g}" if ratio >= least else f"≥ {least:g}, missed"


if __name__ == "__main__":
    print("README.md is changed" if write() else "README.md says this already")
