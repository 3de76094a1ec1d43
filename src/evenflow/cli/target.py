"""Finds the app that `module:app` names, or says in a sentence why it cannot.

An exception raised by the user's own module is not ours to shorten: it passes through with its traceback.
"""

from __future__ import annotations

import inspect
import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from evenflow.cli.refusal import Refusal


def load(target: str, app_dir: Path, *, factory: bool = False) -> Any:
    """The object that `target` names, found in `app_dir`: an ASGI app, or with `factory` what makes one."""
    module_name, attribute = _split(target)
    found = _attribute(_module(module_name, app_dir), attribute, target)
    reason = _not_a_factory(found) if factory else _not_an_app(found)
    if reason:
        raise Refusal(f"{target} {reason}")
    return found


def _split(target: str) -> tuple[str, str]:
    module, colon, attribute = target.partition(":")
    if not colon or not module or not attribute:
        example = _dotted(module or "main")
        raise Refusal(f"{target!r} does not name an app. Write module:attribute, for example {example}:app.")
    if module.endswith(".py") or "/" in module:
        raise Refusal(f"{module!r} is a file; name its module instead: {_dotted(module)}:{attribute}.")
    return module, attribute


def _dotted(path: str) -> str:
    return path.removesuffix(".py").strip("./").replace("/", ".")


def _module(name: str, app_dir: Path) -> ModuleType:
    if not app_dir.is_dir():
        raise Refusal(f"There is no directory {app_dir}: --app-dir names the directory that holds {name}.")
    sys.path.insert(0, str(app_dir.resolve()))
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # something that the user's module imports is missing
        raise Refusal(_no_module(name, app_dir)) from None


def _no_module(name: str, app_dir: Path) -> str:
    there = sorted(path.stem for path in app_dir.glob("*.py"))
    close = get_close_matches(name, there, n=1)
    hint = f"Did you mean {close[0]}?" if close else "If it is somewhere else, say where with --app-dir."
    return f"There is no module {name!r} in {app_dir.resolve()}. {hint}"


def _attribute(module: ModuleType, path: str, target: str) -> Any:
    found: Any = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise Refusal(f"{target}: {module.__name__} has no {path!r}. {_offer(module)}") from None
    return found


def _offer(module: ModuleType) -> str:
    apps = [f"{module.__name__}:{name}" for name, value in vars(module).items() if _is_app(value)]
    return f"It has {', '.join(apps)}." if apps else "It has no app at all."


def _is_app(value: Any) -> bool:
    # An instance that is called with scope, receive and send: FastAPI, Starlette, a wrapper around one.
    return not isinstance(value, type) and inspect.iscoroutinefunction(type(value).__call__) and _takes(value, 3)


def _not_a_factory(found: Any) -> str | None:
    if callable(found) and _takes(found, 0):
        return None
    return "cannot be called without arguments, so it makes no app: leave out --factory."


def _not_an_app(found: Any) -> str | None:
    if not callable(found):
        return f"is {_described(found)}, not an ASGI app."
    if _takes(found, 3):
        return None
    if _takes(found, 0):
        return "is not an app but makes one: add --factory."
    return "is not an ASGI app: it cannot be called with scope, receive and send."


def _takes(found: Any, count: int) -> bool:
    """Whether `found` can be called with `count` arguments; calling a class makes an instance."""
    try:
        inspect.signature(found).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True  # a callable in C does not say what it takes
    return True


def _described(value: Any) -> str:
    return f"the module {value.__name__}" if isinstance(value, ModuleType) else f"of type {type(value).__name__}"
