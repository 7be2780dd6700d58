"""What holds wait for, asked of the operations database: which are satisfied now, which have waited too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.outcome import WaitKind
from streams.letters.billing_stops import billing_stops
from streams.letters.numbers import INVOICE_NUMBER
from streams.letters.parking.tables import parked
from streams.runtime.tables import duplicate_decisions, holds, mappings, records

#: A line saved while its opportunity was being decided may carry an earlier time than the look-up.
_OVERLAP = timedelta(seconds=30)
_BETWEEN_LOOKS = timedelta(seconds=2)
AT_ONCE = 500  #: rows of one look; after a full one there may be more


def _record_arrived(kind: WaitKind) -> ColumnElement[bool]:
    arrived = exists().where(
        records.c.side == "crm",
        records.c.entity == kind.value,
        records.c.key == holds.c.wait_key,
        records.c.deleted.is_(False),
    )
    return and_(holds.c.wait_kind == kind.value, arrived)


def _signed() -> ColumnElement[bool]:
    signed = exists().where(
        records.c.side == "crm",
        records.c.entity == "contract",
        records.c.key == holds.c.wait_key,
        records.c.deleted.is_(False),
        records.c.body["signed_at"].as_string().is_not(None),
    )
    return and_(holds.c.wait_kind == WaitKind.SIGNATURE.value, signed)


def _lines_complete(now: datetime) -> ColumnElement[bool]:
    mine = and_(records.c.parent == holds.c.wait_key, records.c.entity == "line_item")
    there = and_(mine, records.c.deleted.is_(False))
    count = select(func.count()).select_from(records).where(there).scalar_subquery()
    # A line that was removed completes them, too.
    newest = select(func.max(records.c.updated_at)).where(mine).scalar_subquery()
    return and_(
        holds.c.wait_kind == WaitKind.LINES.value,
        count >= holds.c.wait_count,
        newest > holds.c.checked_at - _OVERLAP,
        holds.c.checked_at < now - _BETWEEN_LOOKS,
    )


def _decided(now: datetime) -> ColumnElement[bool]:
    """People said something about the account since it was looked for, or it is the ERP's customer by now."""
    said = exists().where(
        duplicate_decisions.c.account_id == holds.c.wait_key, duplicate_decisions.c.at > holds.c.checked_at - _OVERLAP
    )
    customer = exists().where(
        mappings.c.target == "erp",
        mappings.c.entity == "customer",
        mappings.c.crm_id == holds.c.wait_key,
        mappings.c.state == "applied",
    )
    looked = holds.c.checked_at < now - _BETWEEN_LOOKS
    return and_(holds.c.wait_kind == WaitKind.DECISION.value, or_(said, customer), looked)


def _billing_goes_on() -> ColumnElement[bool]:
    stopped = exists().where(billing_stops.c.hold_id == holds.c.wait_key, billing_stops.c.state == "raised")
    return and_(holds.c.wait_kind == WaitKind.BILLING.value, ~stopped)


def _invoice_arrived() -> ColumnElement[bool]:
    told = exists().where(
        records.c.side == "erp", records.c.entity == "invoice", holds.c.wait_key == INVOICE_NUMBER, ~records.c.deleted
    )
    return and_(holds.c.wait_kind == WaitKind.INVOICE.value, told)


async def satisfied(connection: AsyncConnection, now: datetime, limit: int = AT_ONCE) -> Sequence[Any]:
    """Rows of open holds whose wait is over, locked for this transaction; other workers' locked rows are left out."""
    over = or_(
        _record_arrived(WaitKind.ACCOUNT),
        _record_arrived(WaitKind.CONTRACT),
        _record_arrived(WaitKind.CHARGE),
        _invoice_arrived(),
        _lines_complete(now),
        _decided(now),
        _billing_goes_on(),
        _signed(),
    )
    window = holds.c.wait_kind == WaitKind.WINDOW.value
    due = or_(and_(~window, holds.c.expires_at > now, over), and_(window, holds.c.expires_at <= now))
    query = select(holds).where(holds.c.state == "open", due)
    ordered = query.order_by(holds.c.version, holds.c.sequence).limit(limit).with_for_update(skip_locked=True)
    return (await connection.execute(ordered)).all()


async def expired(connection: AsyncConnection, now: datetime, limit: int = AT_ONCE) -> Sequence[Any]:
    """Rows of open holds that have waited too long, locked likewise."""
    # What a hold waits for may itself be parked behind its account's letter: then it is the letter that must be solved.
    parks = exists().where(parked.c.account_id == holds.c.account_id, parked.c.state != "done")
    waits = holds.c.wait_kind != WaitKind.WINDOW.value  # a window that is over lets its event go on
    query = select(holds).where(holds.c.state == "open", holds.c.expires_at <= now, waits, ~parks)
    ordered = query.order_by(holds.c.expires_at).limit(limit).with_for_update(skip_locked=True)
    return (await connection.execute(ordered)).all()


async def end(connection: AsyncConnection, rows: Sequence[Any], state: str, now: datetime) -> None:
    """Close the given holds as `released` or `expired`."""
    ids = [row.hold_id for row in rows]
    if ids:
        await connection.execute(update(holds).where(holds.c.hold_id.in_(ids)).values(state=state, ended_at=now))


async def count_open(connection: AsyncConnection) -> int:
    """How many holds wait now."""
    query = select(func.count()).select_from(holds).where(holds.c.state == "open")
    return int(await connection.scalar(query) or 0)
