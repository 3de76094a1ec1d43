"""SQLAlchemy statements and texts of SQL, made ready for a driver.

The only folder that knows SQLAlchemy's insides.
"""

from evenflow.database.statement.dialect import mysql_dialect as mysql_dialect
from evenflow.database.statement.dialect import postgres_dialect as postgres_dialect
from evenflow.database.statement.dialect import sqlite_dialect as sqlite_dialect
from evenflow.database.statement.plan import StatementPlan as StatementPlan
from evenflow.database.statement.planner import Binder as Binder
from evenflow.database.statement.planner import Planner as Planner
from evenflow.database.statement.schema import needed_before as needed_before
from evenflow.database.statement.versions import planner_for as planner_for
