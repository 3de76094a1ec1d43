"""MySQL and MariaDB, by asyncmy or aiomysql."""

from evenflow.database.drivers.mysql.server import MysqlServer as MysqlServer
from evenflow.database.drivers.mysql.settings import connection_arguments as connection_arguments
