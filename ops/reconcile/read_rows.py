"""Rows of either system as the line would read them. Pure; what the line would refuse is not compared, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.rows import EntityName, Feed, PairName, Row
from schemas.codec import ContractViolation
from schemas.contracts.check import checked
from schemas.records import Account, Opportunity
from sinks.tryton.changes import change
from sinks.tryton.rows import Model, version_of
from streams.intake.normalise.arrival import Arrival
from streams.intake.normalise.cdc import change_in_row
from streams.intake.normalise.erp import change_in_erp_record
from streams.runtime.clock import micros

PAIR_OF_TABLE: dict[str, PairName] = {"accounts": "account", "opportunities": "opportunity"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One row: `key` is its table's, `hash` changes when the row does. Without a record, `why` it is not compared."""

    key: str
    hash: str
    version: int  #: microseconds
    record: Any = None
    why: str = ""


def of_crm(table: str, row: dict[str, Any], hash_: str, now: datetime) -> Told:
    """A row of the CRM's database."""
    key, version = str(row["id"]), micros(row["updated_at"].astimezone(UTC))
    told = {"op": "r", "after": row, "source": {"ts_us": version}}
    try:
        record = checked(change_in_row(table, told, Arrival("sweep/0/0", now)))
    except ContractViolation as error:
        record = error
    if isinstance(record, ContractViolation):
        return Told(key, hash_, version, why=str(record))
    assert isinstance(record, Account | Opportunity)
    return Told(key, hash_, version, record)


def of_erp(model: Model, row: Any, now: datetime) -> Told:
    """A record of the ERP; its hash is the stamp of its last write."""
    key, stamp = str(row["id"]), str(version_of(row))
    try:
        told = change(model.name, row, model.body(row), None, now)
        record: Any = checked(change_in_erp_record(told, Arrival("sweep/0/0", now)))
    except ContractViolation as error:
        record = error
    if isinstance(record, ContractViolation):
        return Told(key, stamp, int(stamp), why=str(record))
    return Told(key, stamp, told.version, record)


def row_of(told: Told) -> Row:
    """As the reconciler takes it in."""
    entity: EntityName = told.record.meta.entity
    at = _EPOCH + timedelta(microseconds=told.version)
    return Row(Feed(entity, 0), 0, entity, told.record.meta.key, at, told.record)
