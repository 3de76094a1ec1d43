"""The app that `evenflow run` and `evenflow dev` serve, with the fast path and the guard in it.

uvicorn imports this module in every process that serves, and takes `app` from it. It is loaded while this is imported,
because there an exception of the user's keeps its traceback; uvicorn shortens some of those raised later.
"""

from __future__ import annotations

import logging
from typing import Any

from uvicorn.importer import ImportFromStringError

from evenflow.cli import target
from evenflow.cli.attaching import attach_unless_declined, compiled_sentence, guarded
from evenflow.cli.order import ordered
from evenflow.cli.refusal import Refusal

logger = logging.getLogger("evenflow")


class NotServedError(Refusal, ImportFromStringError):
    """A refusal that uvicorn, too, tells in one line, where it is the one who asked."""


def what_is_compiled() -> str | None:
    """How many of the app's routes are compiled, as a sentence; None where there is nothing to say, or not yet."""
    return None if _order.factory else compiled_sentence(_found)


def _load() -> Any:
    try:
        return target.load(_order.target, _order.app_dir, factory=_order.factory)
    except Refusal as refusal:
        raise NotServedError(str(refusal)) from None


def _made() -> Any:
    # Called by uvicorn, in the loop, which the user's function may need.
    made = _found()
    made_guarded = guarded(made, _module)
    attach_unless_declined(made)
    said = compiled_sentence(made)
    if said:
        logger.info(said)
    return made_guarded


_order = ordered()
_found = _load()
_module = _order.target.partition(":")[0]
if _order.factory:
    app = _made
else:
    app = guarded(_found, _module)
    attach_unless_declined(_found)
