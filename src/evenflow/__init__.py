"""Evenflow: FastAPI at the speed async promised.

Every name here is loaded on first use, so `import evenflow` costs nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenflow.database import Database as Database
    from evenflow.database import DatabaseURL as DatabaseURL
    from evenflow.database import Missed as Missed
    from evenflow.database import Notification as Notification
    from evenflow.database import Row as Row
    from evenflow.errors import CannotOpen as CannotOpen
    from evenflow.errors import ConcurrentTransactionUse as ConcurrentTransactionUse
    from evenflow.errors import ConfigError as ConfigError
    from evenflow.errors import ConnectionLost as ConnectionLost
    from evenflow.errors import ConstraintViolated as ConstraintViolated
    from evenflow.errors import DatabaseError as DatabaseError
    from evenflow.errors import DatabaseLocked as DatabaseLocked
    from evenflow.errors import EvenflowError as EvenflowError
    from evenflow.errors import LifecycleError as LifecycleError
    from evenflow.errors import NotConnected as NotConnected
    from evenflow.errors import OtherTask as OtherTask
    from evenflow.errors import PoolTimeout as PoolTimeout
    from evenflow.errors import QueryError as QueryError
    from evenflow.errors import QueryTimeout as QueryTimeout
    from evenflow.errors import QueueFull as QueueFull
    from evenflow.errors import ReadOnly as ReadOnly
    from evenflow.errors import RowInvalid as RowInvalid
    from evenflow.errors import TransactionClosed as TransactionClosed
    from evenflow.errors import TransactionConflict as TransactionConflict
    from evenflow.errors import TransactionMisused as TransactionMisused
    from evenflow.errors import UnknownDriver as UnknownDriver
    from evenflow.extension import Evenflow as Evenflow
    from evenflow.fastpath import uncompiled as uncompiled

    __version__: str
else:
    _HOME = {
        "CannotOpen": "errors",
        "ConcurrentTransactionUse": "errors",
        "ConfigError": "errors",
        "ConnectionLost": "errors",
        "ConstraintViolated": "errors",
        "Database": "database",
        "DatabaseError": "errors",
        "DatabaseLocked": "errors",
        "DatabaseURL": "database",
        "Evenflow": "extension",
        "EvenflowError": "errors",
        "LifecycleError": "errors",
        "Missed": "database",
        "NotConnected": "errors",
        "Notification": "database",
        "OtherTask": "errors",
        "PoolTimeout": "errors",
        "QueryError": "errors",
        "QueryTimeout": "errors",
        "QueueFull": "errors",
        "ReadOnly": "errors",
        "Row": "database",
        "RowInvalid": "errors",
        "TransactionClosed": "errors",
        "TransactionConflict": "errors",
        "TransactionMisused": "errors",
        "UnknownDriver": "errors",
        "uncompiled": "fastpath",
    }
    __all__ = sorted(_HOME)

    def __getattr__(name):
        if name == "__version__":
            value = import_module("importlib.metadata").version("evenflow")
        elif name in _HOME:
            value = getattr(import_module(f"evenflow.{_HOME[name]}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__():
        return [*__all__, "__version__"]
