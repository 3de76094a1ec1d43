"""SQLAlchemy Core at the speed of the driver.

`Database` is the face. Behind it: `statement` turns a statement into SQL, arguments and a row maker; `scope` knows
which task may use which connection; `driver` is the port and `drivers` its adapters.
"""

from evenflow.database.connection import Connection as Connection
from evenflow.database.database import Database as Database
from evenflow.database.driver import DatabaseStatistics as DatabaseStatistics
from evenflow.database.eligible import why_not as why_not
from evenflow.database.notifications import Missed as Missed
from evenflow.database.notifications import Notification as Notification
from evenflow.database.notifications import Notifications as Notifications
from evenflow.database.prepared import Prepared as Prepared
from evenflow.database.raw import RawConnection as RawConnection
from evenflow.database.rows import Row as Row
from evenflow.database.stream import RowStream as RowStream
from evenflow.database.transaction import Transaction as Transaction
from evenflow.database.url import DatabaseURL as DatabaseURL
