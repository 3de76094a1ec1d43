"""Which planner fits the SQLAlchemy that is installed."""

from __future__ import annotations

import logging
from typing import Final

import sqlalchemy
from sqlalchemy.engine import Dialect

from evenflow.database.statement.planner import Planner
from evenflow.database.statement.public import PublicPlanner

KNOWN: Final = frozenset({(2, 0), (2, 1)})
"""The SQLAlchemy versions whose insides this folder knows."""

_log = logging.getLogger("evenflow.database")


def planner_for(dialect: Dialect, *, version: str | None = None, capacity: int = 1000) -> Planner:
    """A planner for `dialect`: the fast one for a known SQLAlchemy, else one on its public face alone."""
    version = version or sqlalchemy.__version__
    major, minor = version.split(".")[:2]
    if (major, minor) in {(str(known), str(lesser)) for known, lesser in KNOWN}:
        return Planner(dialect, capacity=capacity)
    _log.warning("SQLAlchemy %s is new to Evenflow: statements are compiled at each call.", version)
    return PublicPlanner(dialect, capacity=capacity)
