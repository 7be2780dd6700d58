"""What the CRM's rows and errors mean. Pure."""

from __future__ import annotations

import psycopg
from psycopg import errors as pg

from schemas.reasons import Reason
from schemas.records import Command
from sinks.errors import AccessDenied, Ambiguous, Busy, Conflict, Failing, Refused, SinkError, TargetError, Unreachable

#: The first class that fits; the rest are `OperationalError`s about the connection, or unknown.
_MEANINGS: tuple[tuple[type[psycopg.Error], type[AccessDenied] | type[TargetError], str], ...] = (
    (pg.InvalidAuthorizationSpecification, AccessDenied, "does not accept our user and password"),
    (pg.InsufficientPrivilege, AccessDenied, "does not let our user write back"),
    (pg.UndefinedTable, AccessDenied, "has not the tables that we write back to"),
    (pg.UndefinedColumn, AccessDenied, "has not the columns that we write back to"),
    (pg.SerializationFailure, Conflict, "had another change of the row under way"),
    (pg.DeadlockDetected, Conflict, "had another change of the row under way"),
    (pg.LockNotAvailable, Conflict, "had another change of the row under way"),
    (pg.QueryCanceled, Failing, "did not finish in time"),
    (pg.TooManyConnections, Busy, "takes no more connections"),
    (pg.CannotConnectNow, Busy, "is starting or stopping"),
)


def translate(error: psycopg.Error, *, sent: bool) -> SinkError:
    """The driver's error in our words. `sent`: a write was under way, and its commit may have been done."""
    text = " ".join(str(error).split())[:500]
    for kind, meaning, words in _MEANINGS:
        if isinstance(error, kind):
            return meaning(f"the CRM's database {words}: {text}")
    if isinstance(error, psycopg.DataError | psycopg.IntegrityError):
        return Refused(Reason.ERP_REJECTED, f"the CRM's database refused the values: {text}")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        if sent:
            return Ambiguous(f"the connection to the CRM's database was lost in a write: {text}")
        return Unreachable(f"the CRM's database cannot be reached: {text}")
    return Failing(f"the CRM's database failed: {text}")


def missing(command: Command, table: str) -> Refused:
    kind = "opportunity" if table == "opportunities" else table.removesuffix("s")
    return Refused(
        Reason.ERP_REJECTED,
        f"the CRM has no {kind} {command.key} (any more), so nothing can be written back to it",
        f"If the {kind} was deleted in the CRM on purpose, discard this letter.",
    )
