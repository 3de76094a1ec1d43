"""Do the benchmarks run at all? What they find is for people to read, never for CI to judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.needed import needs

ROOT = Path(__file__).parents[2]


def ends_with_its_ratios(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--smoke"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["name"] == name
    assert found["must"].keys() <= found["ratios"].keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["article", "rows-to-json", "sqlite-reads", "sqlite-writes"])
def test_a_benchmark_ends_with_its_ratios(name: str) -> None:
    needs(
        "databases, aiosqlite and greenlet",
        there=all(map(find_spec, ("databases", "aiosqlite", "greenlet"))),
        otherwise="install the dependency group bench",
    )

    ends_with_its_ratios(name)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_benchmark_of_the_fast_path_ends_with_its_ratios_after_every_side_has_answered_alike() -> None:
    needs(
        "litestar and blacksheep",
        there=all(map(find_spec, ("litestar", "blacksheep"))),
        otherwise="install the dependency group bench",
    )

    ends_with_its_ratios("fastpath")
