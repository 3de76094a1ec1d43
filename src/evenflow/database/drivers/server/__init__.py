"""What PostgreSQL and MySQL have in common: a pool of connections, and sessions on them."""

from evenflow.database.drivers.server.driver import ServerDriver as ServerDriver
from evenflow.database.drivers.server.wire import PoolSettings as PoolSettings
from evenflow.database.drivers.server.wire import Server as Server
from evenflow.database.drivers.server.wire import Wire as Wire
from evenflow.database.drivers.server.wire import WireCursor as WireCursor
