"""The errors of asyncmy and PyMySQL in Evenflow's words. Each is also of the library's own class, where that can be."""

from __future__ import annotations

import re

from evenflow.database.drivers.mysql.messages import sentence, told
from evenflow.errors import (
    CannotOpen,
    ConnectionLost,
    ConstraintViolated,
    DatabaseError,
    DatabaseLocked,
    QueryError,
    QueryTimeout,
    ReadOnly,
    TransactionConflict,
)


class MysqlUnavailable(CannotOpen):
    """The server cannot take a connection now."""

    transient = True


class MysqlDataError(QueryError):
    """A value does not fit its column."""


_KINDS: dict[type[DatabaseError], frozenset[int]] = {
    ConstraintViolated: frozenset(
        {1022, 1048, 1062, 1169, 1216, 1217, 1451, 1452, 1557, 1569, 1586, 1761, 1762, 3819, 4025}
    ),
    ConnectionLost: frozenset({1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2014, 2045, 2055, 4031}),
    QueryTimeout: frozenset({1028, 1317, 1969, 3024}),
    TransactionConflict: frozenset({1020, 1205, 1213, 1479, 1637, 3101, 3572}),
    DatabaseLocked: frozenset({1099, 1100, 1223, 3058}),
    ReadOnly: frozenset({1290, 1792, 1836, 3989}),
    MysqlDataError: frozenset({1264, 1265, 1292, 1366, 1406, 1411, 1441, 1525, 1690, 3140, 3141, 3903, 4038}),
}
_CLASSES = {code: kind for kind, codes in _KINDS.items() for code in codes}

_LATER = frozenset({1040, 1053, 1129, 1203, 1226, 2002, 2003, 2005, 2006, 2013, 3118})
"""Codes of a connection that was refused, where trying again may help."""

_KEY = re.compile(r"for key '(?P<key>[^']+)'\s*$")
_NAMED = re.compile(r"CONSTRAINT `(?P<key>[^`]+)`|[Cc]heck constraint '(?P<check>[^']+)'|Column '(?P<column>[^']+)'")


def code_of(error: BaseException) -> int:
    """The number the server, or the library, gave to its error; 0 where there is none."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def is_answer(error: BaseException) -> bool:
    """Whether the server itself has answered with this error, so that the connection is in order."""
    code = code_of(error)
    return code >= 1000 and not 2000 <= code < 3000 and _CLASSES.get(code) is not ConnectionLost


def translated(error: Exception, statement: str | None) -> DatabaseError:
    """Evenflow's error for one of the library's, with the cause that may be shown."""
    code, text = code_of(error), _text(error)
    ours = _CLASSES.get(code, QueryError if is_answer(error) else _without_code(error))
    said = sentence(2013 if ours is ConnectionLost and not code else code, text)
    made = _joined(ours, type(error))(said, statement=statement)
    if isinstance(made, ConstraintViolated):
        made.constraint = _constraint(text)
    made.__cause__ = _shown(error, code, text)
    return made


def lost(statement: str | None) -> ConnectionLost:
    """The error of a connection that is not there any more."""
    return ConnectionLost(sentence(2013, ""), statement=statement)


def unsendable(error: Exception, statement: str | None) -> QueryError:
    """The error of a value that cannot be written in SQL. The cause would hold the value, so there is none."""
    if isinstance(error, UnicodeEncodeError):
        told = "A text cannot be sent: it has a character that the connection's charset has no place for."
    else:
        told = (
            "A value cannot be sent to MySQL: it has no way to write this type, or it is a number that is not finite."
        )
    return MysqlDataError(told, statement=statement)


def unreadable(statement: str | None) -> QueryError:
    """The error of an answer that could not be read. The cause would hold the value, so there is none."""
    return MysqlDataError(
        "The server sent a value that cannot be read, such as a date that does not exist or a text in another charset. "
        "The connection was closed.",
        statement=statement,
    )


def cannot_open(error: BaseException, place: str, user: str | None) -> CannotOpen:
    """Why there is no connection, and what to do."""
    code = code_of(error)
    known = _REFUSALS.get(code)
    if known is None:
        known = "Cannot connect to MySQL at {place}: {reason}. Is it running, and are host and port right?"
    kind = MysqlUnavailable if code in _LATER or not code else CannotOpen
    made = kind(known.format(place=place, user=repr(user), reason=_reason(error, code)))
    made.__cause__ = error
    return made


_REFUSALS = {
    1040: "MySQL at {place} has too many connections: wait, lower max_size, or raise its max_connections.",
    1044: "User {user} may not use this database ({place}): GRANT it, or use another user.",
    1045: "MySQL at {place} refuses user {user}: check the user, the password and the hosts the user may come from.",
    1049: "There is no such database at {place}: create it, or correct the name at the end of the URL.",
    1129: "MySQL at {place} has blocked this machine after many failed connections: run FLUSH HOSTS there.",
    1130: "MySQL at {place} lets nobody in from this machine: the user must be allowed for this host.",
    1203: "User {user} has too many connections at {place}: wait, lower max_size, or raise max_user_connections.",
    1251: "MySQL at {place} wants a way to log in that the library does not know.",
    1698: "MySQL at {place} refuses user {user}: this user logs in by the socket file only, with unix_socket=.",
    2059: "MySQL at {place} wants a way to log in that the library does not know.",
}


def _reason(error: BaseException, code: int) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, TimeoutError):
        return "it did not answer within connect_timeout"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror[:1].lower() + cause.strerror[1:]
    return f"error {code}" if code else type(cause).__name__


def _text(error: Exception) -> str:
    return str(error.args[1]) if len(error.args) > 1 else ""


def _without_code(error: Exception) -> type[DatabaseError]:
    return ConnectionLost if type(error).__name__ in {"InterfaceError", "InternalError"} else QueryError


def _constraint(text: str) -> str | None:
    if found := _KEY.search(text):
        return found["key"].rpartition(".")[2]
    if found := _NAMED.search(text):
        return next(part for part in found.groups() if part)
    return None


def _shown(error: Exception, code: int, text: str) -> Exception:
    """The library's error, without the values in its message."""
    if (safe := told(code, text)) == text:
        return error
    shown = type(error)(code, safe)
    shown.__suppress_context__ = True
    return shown


_BOTH: dict[tuple[type[DatabaseError], type[Exception]], type[DatabaseError]] = {}


def _joined(ours: type[DatabaseError], theirs: type[Exception]) -> type[DatabaseError]:
    """A class that is both, so that `except asyncmy.errors.IntegrityError` goes on working."""
    if (ours, theirs) not in _BOTH:
        _BOTH[ours, theirs] = _new_class(ours, theirs)
    return _BOTH[ours, theirs]


def _new_class(ours: type[DatabaseError], theirs: type[Exception]) -> type[DatabaseError]:
    try:
        return type(
            f"{ours.__name__}And{theirs.__name__}", (ours, theirs), {"__doc__": ours.__doc__, "__module__": __name__}
        )
    except TypeError:  # asyncmy's classes are written in C and do not mix with ConnectionError and TimeoutError
        return ours
