"""Whose code a file is: the program's, or that of Python, a library, or Evenflow."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from functools import cache, lru_cache
from pathlib import Path

_EVENFLOW = str(Path(__file__).parents[2]) + os.sep
_EXAMPLES = _EVENFLOW + "examples" + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

_programs: set[str] = set()
"""Where installed packages are that are programs all the same: an app may be installed like a library."""


def adopt(module: str) -> None:
    """Counts the package that this module is of as the program, wherever it is installed."""
    package = sys.modules.get(module.partition(".")[0])
    file = getattr(package, "__file__", None)
    if not file:
        return
    # Of a package its folder, of a module by itself its file.
    root = str(Path(file).parent) + os.sep if hasattr(package, "__path__") else file
    if root not in _programs and not root.startswith(_EVENFLOW):
        _programs.add(root)
        is_program.cache_clear()


@lru_cache(maxsize=4096)
def is_program(file: str) -> bool:
    """Whether code of this file is the user's own. `file` is a code object's file name."""
    if file.startswith("<"):
        return False
    if file.startswith(tuple(_programs) or ("<",)):
        return True
    if file.startswith(_EVENFLOW):
        return file.startswith(_EXAMPLES)
    return not (any(each in file for each in _INSTALLED) or file.startswith(_pythons()))


@cache
def _pythons() -> tuple[str, ...]:
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple({path.rstrip(os.sep) + os.sep for path in paths if path})
