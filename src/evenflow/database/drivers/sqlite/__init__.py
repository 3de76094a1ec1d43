"""SQLite: reader threads, one writer with group commit, lent connections."""

from evenflow.database.drivers.sqlite.driver import SqliteDriver as SqliteDriver
