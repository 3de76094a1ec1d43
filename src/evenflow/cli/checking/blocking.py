"""The static part of `evenflow check`: reads the program, and leaves out what the project already knows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenflow.cli.refusal import Refusal
from evenflow.errors import ConfigError
from evenflow.guard import Finding
from evenflow.guard.catalogue import extended, known
from evenflow.guard.program import AT_START_OR_END, Analysis, Baseline, analyse, of_folder, of_module


@dataclass(frozen=True, slots=True)
class Settings:
    """`[tool.evenflow.check]` of pyproject.toml; its paths are relative to it."""

    catalogue: tuple[Path, ...] = ()
    """Files with more calls that block."""
    baseline: Path | None = None


@dataclass(frozen=True, slots=True)
class Blocking:
    """What was found."""

    analysis: Analysis
    new: tuple[Finding, ...]
    """The findings that are not in the baseline."""

    @property
    def stops_requests(self) -> bool:
        """Whether any of the new ones is called while the app serves."""
        return any(finding.route not in AT_START_OR_END for finding in self.new)

    @property
    def known(self) -> int:
        """How many findings are in the baseline."""
        return len(self.analysis.findings) - len(self.new)


def read(target: str, app_dir: Path, baseline: Path | None, *, whole: bool = False) -> Blocking:
    """Reads the program of a target, `module:app` or a folder; `whole` looks at no baseline.

    Raises NoProgram where there is none, ConfigError for settings that cannot be used.
    """
    settings = _settings(Path.cwd())
    catalogue = extended(settings.catalogue) if settings.catalogue else known()
    module = target.partition(":")[0]
    found = analyse(of_folder(Path(target)) if is_path(target) else of_module(module, app_dir), catalogue)
    file = None if whole else baseline or settings.baseline
    new = Baseline.read(file).new(found.findings, Path.cwd()) if file is not None else found.findings
    return Blocking(found, tuple(new))


def write_baseline(blocking: Blocking, file: Path | None) -> Path:
    """Writes down everything that was found, to this file or to the one that pyproject.toml names."""
    chosen = file or _settings(Path.cwd()).baseline or Path("evenflow-baseline.json")
    try:
        Baseline.of(blocking.analysis.findings, Path.cwd()).write(chosen)
    except OSError as error:
        raise Refusal(f"The baseline {chosen} cannot be written: {error.strerror}.") from None
    return chosen


def is_path(target: str) -> bool:
    """Whether a target is a folder or a file: nothing of it can be imported."""
    return ":" not in target and (Path(target).is_dir() or (target.endswith(".py") and Path(target).is_file()))


def relative(finding: Finding) -> Finding:
    """The same, its files named from the current directory where they are below it."""
    chain = tuple(replace(hop, file=_relative(hop.file)) for hop in finding.chain)
    return replace(finding, file=_relative(finding.file), chain=chain)


def _relative(file: str) -> str:
    path, here = Path(file), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else file


def _settings(folder: Path) -> Settings:
    for each in (folder, *folder.parents):
        file = each / "pyproject.toml"
        if file.is_file():
            return _read_settings(file)
    return Settings()


def _read_settings(file: Path) -> Settings:
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.") from error
    for name in ("tool", "evenflow", "check"):
        table = table.get(name, {})
    unknown = sorted(set(table) - {"catalogue", "baseline"})
    if unknown:
        raise ConfigError(
            f"[tool.evenflow.check] in {file} has no setting {unknown[0]!r}: there are `catalogue` and `baseline`."
        )
    catalogue = table.get("catalogue", [])
    baseline = table.get("baseline")
    if not isinstance(catalogue, list) or not all(isinstance(each, str) for each in catalogue):
        raise ConfigError(f"`catalogue` in [tool.evenflow.check] of {file} is a list of files.")
    if baseline is not None and not isinstance(baseline, str):
        raise ConfigError(f"`baseline` in [tool.evenflow.check] of {file} is a file.")
    return Settings(
        tuple(file.parent / each for each in catalogue), None if baseline is None else file.parent / baseline
    )
