"""SQLAlchemy statements and texts of SQL, made ready for a driver.

The only folder that knows SQLAlchemy's insides.
"""

from .dialect import sqlite_dialect as sqlite_dialect
from .plan import StatementPlan as StatementPlan
from .planner import Binder as Binder
from .planner import Planner as Planner
from .versions import planner_for as planner_for
