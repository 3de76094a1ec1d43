"""Finds the app under test, and its Database, or says in a sentence how to name them."""

from __future__ import annotations

import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evenflow.database import Database

_PLACES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
"""Where `fastapi dev` looks for an app, in its order."""
_NAMES = ("app", "api")


def found(config: pytest.Config) -> Any:
    """The app that `evenflow_app` names, or `entrypoint` of `[tool.fastapi]` in pyproject.toml, or the one in the usual
    places. Fails the test where there is none.
    """
    root = config.rootpath
    named = str(config.getini("evenflow_app")) or _entrypoint(root)
    if named:
        return loaded(named, root)
    for place in _PLACES:
        if (root / place).is_file():
            return _in_module(_imported(root / place), place)
    return pytest.fail(
        f"No app was found: there is no {', '.join(_PLACES[:-1])} or {_PLACES[-1]} in {root}. Name it in pytest's "
        'settings (evenflow_app = "main:app"), or write a fixture `app` that returns it.',
        pytrace=False,
    )


def loaded(target: str, root: Path) -> Any:
    """What `module:name` names, looked for in `root` too. Fails the test where there is no such thing."""
    module_name, colon, name = target.partition(":")
    if not colon or not module_name or not name:
        pytest.fail(f"{target!r} names nothing: write module:name, for example main:app.", pytrace=False)
    _importable(root)
    try:
        value: Any = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # something that the user's module imports is missing
        pytest.fail(f"{target}: there is no module {error.name!r} in {root} or elsewhere.", pytrace=False)
    for part in name.split("."):
        if not hasattr(value, part):
            pytest.fail(f"{target}: {module_name} has no {name!r}.", pytrace=False)
        value = getattr(value, part)
    return value


def database_of(app: Any, config: pytest.Config) -> Database:
    """The Database that `evenflow_database` names, or the one attached to the app, or the only one that is a global of
    a module. Fails the test where that is none, or more than one.
    """
    from evenflow.database import Database

    named = str(config.getini("evenflow_database"))
    if named:
        database = loaded(named, config.rootpath)
        if not isinstance(database, Database):
            pytest.fail(f"{named} is of type {type(database).__name__}, not a Database.", pytrace=False)
        return database
    attached = getattr(getattr(getattr(app, "state", None), "evenflow", None), "database", None)
    if isinstance(attached, Database):
        return attached
    there = {
        id(value): (f"{name}:{key}", value)
        for name, module in list(sys.modules.items())
        for key, value in list(vars(module).items())
        if isinstance(value, Database)
    }
    if len(there) == 1:
        ((_, only),) = there.values()
        return only
    names = ", ".join(sorted(name for name, _ in there.values())) or "no module has one"
    return pytest.fail(
        f"Which Database is the app's? ({names}) Name it in pytest's settings: evenflow_database = \"main:db\".",
        pytrace=False,
    )


def _entrypoint(root: Path) -> str | None:
    file = root / "pyproject.toml"
    if not file.is_file():
        return None
    named = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("fastapi", {}).get("entrypoint")
    return str(named) if named else None


def _imported(file: Path) -> Any:
    names, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    _importable(folder)
    return import_module(".".join(names))


def _importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _in_module(module: Any, place: str) -> Any:
    from starlette.applications import Starlette

    values = {name: value for name, value in vars(module).items() if isinstance(value, Starlette)}
    for name in (*_NAMES, *values):
        if name in values:
            return values[name]
    return pytest.fail(
        f'{place} has no app. Name it in pytest\'s settings (evenflow_app = "main:app"), or write a fixture `app` that '
        "returns it.",
        pytrace=False,
    )
