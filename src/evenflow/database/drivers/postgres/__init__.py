"""PostgreSQL through asyncpg: one connection at a time; the pool is the server driver's."""

from evenflow.database.drivers.postgres.server import PostgresServer as PostgresServer
from evenflow.database.drivers.postgres.settings import connection_arguments as connection_arguments
