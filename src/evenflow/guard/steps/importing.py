"""Tells when a module has been imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

_ONE_PER_MODULE = (
    importlib.machinery.SourceFileLoader,
    importlib.machinery.SourcelessFileLoader,
    importlib.machinery.ExtensionFileLoader,
)
"""Loaders that are made anew for each module, so that one can be changed without changing others."""


class AfterImport(importlib.abc.MetaPathFinder):
    """Lets the other finders find modules that it `wants`, and tells after each was run."""

    def __init__(self, wants: Callable[[str], bool], imported: Callable[[str], None]) -> None:
        self._wants = wants
        self._imported = imported
        self._finding: set[str] = set()

    def install(self) -> None:
        """Begins."""
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Ends."""
        sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What the others find, with a loader that tells when it is done."""
        if fullname in self._finding or not self._wants(fullname):
            return None
        self._finding.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._finding.discard(fullname)
        loader = spec.loader if spec is not None else None
        if not isinstance(loader, _ONE_PER_MODULE):
            return None
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self._imported(fullname)

        # The loader stays the one that belongs to the file: others look at it.
        loader.exec_module = exec_module  # type: ignore[method-assign] # one module's alone
        return spec
