"""SQLAlchemy statements and texts of SQL, made ready for a driver.

The only folder that knows SQLAlchemy's insides.
"""

from evenflow.database.statement.dialect import mysql_dialect as mysql_dialect
from evenflow.database.statement.dialect import postgres_dialect as postgres_dialect
from evenflow.database.statement.dialect import sqlite_dialect as sqlite_dialect
from evenflow.database.statement.keyed import searched as searched
from evenflow.database.statement.loading import Loading as Loading
from evenflow.database.statement.loading import columns_of_all as columns_of_all
from evenflow.database.statement.loading import loading_into as loading_into
from evenflow.database.statement.loading import table_of as table_of
from evenflow.database.statement.plan import StatementPlan as StatementPlan
from evenflow.database.statement.planner import Binder as Binder
from evenflow.database.statement.planner import Planner as Planner
from evenflow.database.statement.schema import needed_before as needed_before
from evenflow.database.statement.versions import planner_for as planner_for
