"""Customers, in three databases: the depot grew."""

import sqlite3
from typing import Any

import psycopg
import pymysql
from depot.settings import settings
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from .base import COUNT, Repository

engine = create_engine(settings.postgres.replace("postgresql://", "postgresql+psycopg://"))
SessionLocal = sessionmaker(engine)


class CustomerRepository(Repository):
    def flush(self, count: int) -> None:
        connection = sqlite3.connect(self.path)
        # bed: m/dependency-teardown kind=disk depth=1 call=sqlite3.Connection.execute
        connection.execute(COUNT, (count,)).fetchone()
        connection.close()


class Warehouse:
    """The reports' database."""

    def __init__(self, address: str = settings.postgres) -> None:
        self.address = address

    def customers(self, duration: float) -> int:
        # bed: m/psycopg kind=waits depth=2 call=psycopg.connect needs=psycopg server=postgres
        with psycopg.connect(self.address) as connection:
            # bed: m/psycopg call=psycopg.Connection.execute
            connection.execute("SELECT pg_sleep(%s)", (duration,))
        return 1


class Accounts:
    def balance(self, duration: float) -> Any:
        # bed: m/pymysql kind=waits depth=3 call=pymysql.connect needs=pymysql server=mysql
        connection = pymysql.connect(host="127.0.0.1", port=settings.mysql_port, user="root")
        try:
            with connection.cursor() as cursor:
                # bed: m/pymysql call=pymysql.cursors.Cursor.execute
                cursor.execute("SELECT SLEEP(%s)", (duration,))
                return cursor.fetchone()
        finally:
            connection.close()


def find_customer(session: Session, duration: float) -> Any:
    # bed: m/sqlalchemy-session kind=waits depth=3 call=sqlalchemy.orm.Session.execute needs=psycopg server=postgres
    return session.execute(text("SELECT pg_sleep(:duration)"), {"duration": duration}).scalar()
