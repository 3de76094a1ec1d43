"""Why a connection cannot be opened, and what to do about it."""

from __future__ import annotations

import ssl

import asyncpg

from evenflow.database.drivers.postgres.errors import joined
from evenflow.errors import CannotOpen, ConfigError, EvenflowError


class CannotOpenNow(CannotOpen):
    """PostgreSQL cannot be reached at the moment."""

    transient = True


FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    ValueError,  # a port that is no number, a host name that cannot be encoded
)
"""What connecting raises."""


def cannot_open(error: BaseException, place: str, database: object, user: object) -> EvenflowError:
    """The error to raise for one of asyncpg's while connecting."""
    made = _built(error, place, f"{database}" if database else "the user's name", f"{user}" if user else "its default")
    made.__cause__ = error
    return made


def _built(error: BaseException, place: str, database: str, user: str) -> EvenflowError:
    if isinstance(error, asyncpg.PostgresError):
        return _refused(error, place, database, user)
    if isinstance(error, ssl.SSLError):
        return CannotOpen(
            f"PostgreSQL at {place} cannot be trusted or does not agree on TLS ({error.reason or 'failed'}). Give the "
            "certificate that signed the server's with sslrootcert=, or a weaker sslmode."
        )
    if isinstance(error, ConnectionError) and "rejected SSL" in str(error):
        return CannotOpen(f"PostgreSQL at {place} does not speak TLS. Ask for less: sslmode=prefer or ssl=false.")
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return joined(CannotOpenNow, error)(
            f"None of the servers at {place} is what target_session_attrs asks for; is one of them taking over?"
        )
    if isinstance(error, TimeoutError):
        return CannotOpenNow(f"PostgreSQL at {place} did not answer within connect_timeout.")
    if isinstance(error, OSError):
        reason = error.strerror or "no answer"
        return CannotOpenNow(f"PostgreSQL at {place} cannot be reached ({reason}). Does it run, and is the host right?")
    if isinstance(error, (asyncpg.InterfaceError, ValueError)):
        return ConfigError(f"The URL or the options of the PostgreSQL database at {place} cannot be used: {error}")
    return CannotOpen(f"What answers at {place} is no PostgreSQL, or one that asyncpg does not understand.")


def _refused(error: asyncpg.PostgresError, place: str, database: str, user: str) -> EvenflowError:
    state = str(getattr(error, "sqlstate", None) or "")
    error.detail = None
    if state.startswith("28"):
        return joined(CannotOpen, error)(
            f"PostgreSQL at {place} does not let user {user} in. Check the user and the password of the URL, and the "
            "server's pg_hba.conf."
        )
    if state == "3D000":
        return joined(CannotOpen, error)(
            f"PostgreSQL at {place} has no database {database}. Create it (createdb), or correct the URL."
        )
    if state == "53300":
        return joined(CannotOpenNow, error)(
            f"PostgreSQL at {place} has no connection left for user {user}. Lower max_size, or raise the server's "
            "max_connections."
        )
    if state.startswith(("57P", "53", "08")):
        return joined(CannotOpenNow, error)(
            f"PostgreSQL at {place} is starting, stopping or short of resources, and takes no connections now."
        )
    message = str(error.args[0]).rstrip(".")
    return joined(CannotOpen, error)(f"PostgreSQL at {place} refuses the connection: {message}.")
