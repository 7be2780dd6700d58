"""What stops new billing: the holds of `mesh.billing.hold` as the decide stage was told, in the operations database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Index, Table, Text, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records import BillingHold
from streams.runtime.tables import metadata

#: One row per hold, the last that was told of it. A hold of the whole line stops every account.
billing_stops = Table(
    "billing_stops",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("whole_line", Boolean, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),  # raised, released
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("released_at", DateTime(timezone=True)),
    Index("billing_stops_by_account", "state", "account_id"),
)


async def keep_stops(connection: AsyncConnection, told: Iterable[BillingHold]) -> None:
    """Keep what was told. A later raising counts before an earlier one; of one raising, its release.

    Told again, or in another order, it comes to the same.
    """
    for hold in told:
        fresh = insert(billing_stops).values(**_row(hold))
        later = fresh.excluded.raised_at > billing_stops.c.raised_at
        ends = and_(fresh.excluded.raised_at == billing_stops.c.raised_at, fresh.excluded.state == "released")
        values = {name: fresh.excluded[name] for name in _row(hold) if name != "hold_id"}
        await connection.execute(
            fresh.on_conflict_do_update(index_elements=["hold_id"], set_=values, where=or_(later, ends))
        )


async def stops_of(connection: AsyncConnection, accounts: Collection[str]) -> Sequence[Any]:
    """Rows of the raised holds that stop any of these accounts: those of the whole line first."""
    mine = or_(billing_stops.c.whole_line, billing_stops.c.account_id.in_(accounts))
    query = select(billing_stops).where(billing_stops.c.state == "raised", mine)
    ordered = query.order_by(billing_stops.c.whole_line.desc(), billing_stops.c.hold_id)
    return (await connection.execute(ordered)).all()


def _row(hold: BillingHold) -> dict[str, Any]:
    return {
        "hold_id": hold.hold_id,
        "case_id": hold.case_id,
        "whole_line": hold.whole_line,
        "account_id": hold.account_id,
        "entity": hold.entity,
        "key": hold.key,
        "reason": hold.reason,
        "state": hold.state,
        "raised_at": _utc(hold.raised_at),
        "released_at": _utc(hold.released_at) if hold.released_at else None,
    }


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
