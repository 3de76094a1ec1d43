"""The public face: what `import evenflow` offers, and what it costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import evenflow


def _declared() -> dict[str, str]:
    """Name -> home, as type checkers see them."""
    tree = ast.parse(Path(evenflow.__file__).read_text())
    branch = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in branch.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_what_checkers_see_is_what_is_loaded() -> None:
    assert sorted(_declared()) == evenflow.__all__


@pytest.mark.parametrize("name", evenflow.__all__)
def test_every_name_is_the_one_of_its_home(name: str) -> None:
    home = sys.modules.get(_declared()[name]) or __import__(_declared()[name], fromlist=[name])

    assert getattr(evenflow, name) is getattr(home, name)


def test_every_error_is_on_the_face() -> None:
    errors = {
        name for name, value in vars(evenflow.errors).items() if inspect.isclass(value) and issubclass(value, Exception)
    }

    assert errors <= set(evenflow.__all__)


def test_importing_evenflow_imports_nothing_else() -> None:
    code = "import sys, evenflow; print([name for name in sys.modules if name.startswith('evenflow.')])"
    heavy = "print(sorted({'fastapi', 'sqlalchemy', 'pydantic', 'typer', 'rich'} & set(sys.modules)))"

    said = subprocess.run([sys.executable, "-c", f"{code}; {heavy}"], capture_output=True, text=True, check=True)

    assert said.stdout.split("\n")[:2] == ["[]", "[]"]


def test_the_help_imports_no_framework() -> None:
    code = (
        "import sys, evenflow.cli as cli\n"
        "sys.argv = ['evenflow', '--help']\n"
        "try: cli.main()\n"
        "except SystemExit: print('\\n', {'fastapi', 'sqlalchemy', 'uvicorn'} & set(sys.modules))"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.split("\n")[-2].strip() == "set()"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'evenflow' has no attribute 'Databse'"):
        evenflow.Databse  # noqa: B018 - looking is the test
