"""Finds the files of a program: those it imports, and those of a folder. Nothing is imported."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from evenflow.errors import ConfigError
from evenflow.guard.program.modules import Module

_NOT_THE_PROGRAM = {"site-packages", "dist-packages", "node_modules", "__pycache__", "venv", "env", "build", "dist"}
_TESTS = {"tests", "test"}


class NoProgram(ConfigError):
    """There are no sources of this name."""


class Sources:
    """The modules of a program, by name and by file; each is read once."""

    def __init__(self, folders: list[Path], *, anywhere: bool = False, only: Path | None = None) -> None:
        self._folders = [folder.resolve() for folder in folders]
        """Where a full name begins."""
        self._anywhere = anywhere
        """Whether parts of the program may be started from folders further down."""
        self._only = only
        """Nothing outside of this folder belongs to the program."""
        self._by_name: dict[tuple[str, Path | None], Module | None] = {}
        self._by_file: dict[Path, Module | None] = {}
        self.modules: list[Module] = []
        self.unreadable: list[tuple[Path, str]] = []
        """Files that are no Python, and why."""

    def find(self, name: str, importer: Module | None = None) -> Module | None:
        """The module of the program that has this name; None for one of somebody else's."""
        beside = importer.file.parent if importer is not None else None
        if (name, beside) not in self._by_name:
            self._by_name[name, beside] = self._look_for(name, beside)
        return self._by_name[name, beside]

    def follow(self, first: Module) -> None:
        """Reads every module that this one leads to."""
        waiting = [first]
        seen = {first.file}
        while waiting:
            module = waiting.pop()
            for found in self._imported_by(module):
                if found.file not in seen:
                    seen.add(found.file)
                    waiting.append(found)

    def take(self, folder: Path) -> None:
        """Reads every file of a folder, without tests, environments and what was built."""
        for file in files_of(folder):
            self._module(file, _name_of(file, folder))

    def _imported_by(self, module: Module) -> Iterator[Module]:
        parent = module.name.rpartition(".")[0]
        names = [parent] if parent else []
        for each in module.imports:
            names.append(each.module)
            if each.name is not None and each.name != "*":
                names.append(f"{each.module}.{each.name}" if each.module else each.name)
        for name in names:
            parts = name.split(".")
            for count in range(1, len(parts) + 1):
                found = self.find(".".join(parts[:count]), module)
                if found is not None:
                    yield found

    def _look_for(self, name: str, beside: Path | None) -> Module | None:
        standard = name.partition(".")[0] in sys.stdlib_module_names
        for folder in self._places(None if standard else beside):
            path = folder.joinpath(*name.split("."))
            for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
                if file.is_file():
                    return self._module(file, name)
        return None

    def _places(self, beside: Path | None) -> Iterator[Path]:
        yield from self._folders
        # A program that is started from a folder further down finds what lies beside its own files.
        while (
            self._anywhere
            and beside is not None
            and any(beside.is_relative_to(each) and beside != each for each in self._folders)
        ):
            if not (beside / "__init__.py").exists():
                yield beside
            beside = beside.parent

    def _module(self, file: Path, name: str) -> Module | None:
        if file not in self._by_file:
            self._by_file[file] = self._read(file, name)
        return self._by_file[file]

    def _read(self, file: Path, name: str) -> Module | None:
        if any(part in _NOT_THE_PROGRAM for part in self._within(file).parts):
            return None
        if self._only is not None and not file.is_relative_to(self._only):
            return None
        try:
            with tokenize.open(file) as opened:
                text = opened.read()
            module = Module(name, file, ast.parse(text), text.splitlines(), file.name == "__init__.py")
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            self.unreadable.append((file, str(error)))
            return None
        self.modules.append(module)
        return module

    def _within(self, file: Path) -> Path:
        for folder in self._folders:
            if file.is_relative_to(folder):
                return file.relative_to(folder)
        return Path(file.name)


def of_module(name: str, folder: Path) -> Sources:
    """The program that begins with a module. Raises NoProgram where there is none of this name."""
    sources = Sources([folder, folder / "src"])
    first = sources.find(name)
    if first is None:
        raise NoProgram(_nothing(name, folder, sources))
    sources.follow(first)
    return sources


def of_folder(folder: Path) -> Sources:
    """The program that a folder or a file is. Raises NoProgram where there is no Python."""
    if not folder.exists():
        raise NoProgram(f"There is no folder {folder}.")
    start = folder.resolve() if folder.is_dir() else folder.resolve().parent
    root = start
    while (root / "__init__.py").exists():
        root = root.parent
    # Beside an installed package lie those of others.
    sources = Sources([root, root / "src"], anywhere=True, only=start if root.name in _NOT_THE_PROGRAM else None)
    if folder.is_dir():
        sources.take(start)
    else:
        first = sources.find(_name_of(folder.resolve(), root))
        if first is not None:
            sources.follow(first)
    if not sources.modules:
        raise NoProgram(f"There is no Python source in {folder}.")
    return sources


def files_of(folder: Path) -> Iterator[Path]:
    """The Python files of a folder that belong to the program."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name in _NOT_THE_PROGRAM | _TESTS or path.name.startswith("."):
                continue
            if not (path / "pyvenv.cfg").exists():
                yield from files_of(path)
        elif path.suffix == ".py" and not path.name.startswith("test_") and path.name != "conftest.py":
            yield path


def _name_of(file: Path, folder: Path) -> str:
    root = folder
    while (root / "__init__.py").exists():
        root = root.parent
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    if len(parts) > 1 and parts[0] == "src" and not (root / "src" / "__init__.py").exists():
        parts.pop(0)
    return ".".join(parts)


def _nothing(name: str, folder: Path, sources: Sources) -> str:
    for file, reason in sources.unreadable:
        return f"{file} cannot be read as Python: {reason}."
    return f"There is no module {name!r} in {folder.resolve()}."
