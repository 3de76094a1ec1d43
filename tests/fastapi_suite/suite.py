"""FastAPI's own test-suite, of any version: where it comes from, what it needs, and how it is run.

Everything lies in `.cache/fastapi-suite` and is never part of the repository: the source distribution, which carries
`tests/` and `docs_src/`, and for each version an environment with that FastAPI and what its suite asks for. Evenflow
comes in by its path, so that an environment stays as FastAPI's own would be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "fastapi-suite"

WORKERS = ["-n", "2", "--dist", "loadgroup"]  # it marks what has to run in one process
_TOO_MANY = 100  # failures: then something else is wrong
QUIET = ["-q", "-p", "no:sugar", "-p", "no:cacheprovider", "-p", "no:evenflow"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went."""

    passed: int
    failed: list[str]
    tally: dict[str, Any]


def source(version: str) -> Path:
    """The unpacked source distribution of that FastAPI, fetched on first use from wherever pip fetches."""
    folder = CACHE / f"fastapi-{version}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        download = ["download", "--no-deps", "--no-binary", "fastapi", "--dest", str(CACHE), f"fastapi=={version}"]
        _pip(Path(sys.executable), download)
        with tarfile.open(CACHE / f"fastapi-{version}.tar.gz") as archive, TemporaryDirectory(dir=CACHE) as unpacked:
            archive.extractall(unpacked, filter="data")
            (Path(unpacked) / folder.name).rename(folder)
    return folder


def interpreter(version: str) -> Path:
    """The Python of an environment for that version's suite, made on first use."""
    venv = CACHE / f"venv-{version}-python{sys.version_info.major}.{sys.version_info.minor}"
    python = venv / "bin" / "python"
    ready = venv / ".ready"
    if not ready.exists():
        print(f"Installing FastAPI {version} and what its suite needs into {venv.relative_to(ROOT)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        _pip(python, ["install", "--upgrade", "pip>=25.1"])  # the first that reads dependency groups
        _pip(python, ["install", f"fastapi[all]=={version}", "--group", f"{source(version) / 'pyproject.toml'}:tests"])
        ready.touch()
    return python


def _pip(python: Path, arguments: list[str]) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stdout}\npip {' '.join(arguments)} failed.")


def run(version: str, fastpath: str, arguments: list[str]) -> Outcome:
    """Runs the suite, or what `arguments` choose of it, with the fast path `auto`, `inner` or `off`."""
    python = interpreter(version)
    with TemporaryDirectory(prefix="evenflow-suite-") as here:
        # A copy, because its tests leave files where they run, and stumble over those of another run.
        folder = shutil.copytree(source(version), Path(here) / "suite")
        report = Path(here) / "report.json"
        plugin = ["-p", "evenflow.testing.force_fastpath", f"--fastpath={fastpath}", f"--fastpath-report={report}"]
        path = [HERE / "children", ROOT / "src", folder / "docs_src"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
        environment.pop("PYTEST_ADDOPTS", None)
        command = [str(python), "-m", "pytest", *QUIET, *plugin, *arguments]
        code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
        if not report.exists():
            raise SystemExit(f"pytest came to no end (exit code {code}).")
        outcome = json.loads(report.read_text())
    return Outcome(outcome.get("passed", 0), outcome["failed"], outcome["tally"])


def run_whole(version: str, fastpath: str, arguments: list[str]) -> Outcome:
    """Runs all of it. Tests that fail are tried without the fast path: what fails there too is left out, and told."""
    everything = [] if any(argument.startswith("tests") for argument in arguments) else ["tests"]
    outcome = run(version, fastpath, [*WORKERS, *arguments, *everything])
    if not outcome.failed or fastpath == "off" or len(outcome.failed) > _TOO_MANY:
        return outcome
    print(f"\nThe {len(outcome.failed)} that failed, without the fast path:", flush=True)
    without = run(version, "off", outcome.failed).failed
    for test in without:
        print(f"fails without the fast path too: {test}")
    return Outcome(outcome.passed, [test for test in outcome.failed if test not in without], outcome.tally)
