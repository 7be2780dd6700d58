"""The clocks of cases: what is overdue goes to the backup, billing waits where the catalogue says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.audit.chain import Act
from ops.audit.store import append
from ops.cases.states import OPEN
from ops.cases.tables import billing_holds, cases
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.reasons import Reason, catalogue
from schemas.records import BillingHold
from schemas.topics import BILLING_HOLD
from streams.letters.outbox import Outbox, Outgoing
from streams.runtime import metrics

_CLOCK = Act("meshline", "system", "worker", "case.escalate")
_OPEN = [state.value for state in OPEN]
_AT_ONCE = 200


async def escalate(database: AsyncEngine, now: datetime, key: bytes) -> int:
    """Overdue cases go to the backup, once each; how many did."""
    async with database.begin() as connection:
        late = cases.c.state.in_(_OPEN) & (cases.c.due_at <= now) & cases.c.escalated_at.is_(None)
        query = select(cases).where(late).order_by(cases.c.due_at).limit(_AT_ONCE).with_for_update(skip_locked=True)
        rows = (await connection.execute(query)).all()
        for case in rows:
            entry = catalogue()[Reason(case.reason)]
            values = {"owner": entry.backup, "escalated_at": now, "updated_at": now}
            await connection.execute(update(cases).where(cases.c.case_id == case.case_id).values(**values))
            holds = entry.billing_hold and case.kind == "letter"
            if holds:
                hold = {"hold_id": f"b{case.case_id}", "case_id": case.case_id, "state": "raised", "told": ""}
                raised = insert(billing_holds).values(**hold, raised_at=now)
                await connection.execute(raised.on_conflict_do_nothing())
            act = replace(
                _CLOCK,
                subject=case.case_id,
                why=f"not resolved by {case.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
                before={"owner": case.owner},
                after={"owner": entry.backup, "billing_hold": holds},
            )
            await append(connection, act, now, key)
            metrics.CASES_ESCALATED.labels(case.reason).inc()
    return len(rows)


async def tell_billing(database: AsyncEngine, outbox: Outbox, codec: Codec, topic: str = BILLING_HOLD.name) -> int:
    """Put every change of a billing hold on its topic; how many. Told again after a crash, under the same id."""
    joined = billing_holds.join(cases, cases.c.case_id == billing_holds.c.case_id)
    columns = (cases.c.account_id, cases.c.entity, cases.c.key, cases.c.reason, cases.c.money, cases.c.currency)
    query = select(billing_holds, *columns).select_from(joined).where(billing_holds.c.state != billing_holds.c.told)
    async with database.begin() as connection:
        rows: Sequence[Any] = (await connection.execute(query.limit(_AT_ONCE))).all()
    await outbox.send_all([_outgoing(row, codec, topic) for row in rows])
    async with database.begin() as connection:
        for row in rows:
            mine = billing_holds.c.hold_id == row.hold_id
            await connection.execute(update(billing_holds).where(mine).values(told=row.state))
    return len(rows)


async def show_open(database: AsyncEngine) -> None:
    """Open cases and how long the oldest is open, as metrics."""
    columns = (cases.c.reason, func.count().label("open"), func.min(cases.c.opened_at).label("since"))
    query = select(*columns).where(cases.c.kind == "letter", cases.c.state.in_(_OPEN)).group_by(cases.c.reason)
    async with database.connect() as connection:
        found = {row.reason: (row.open, row.since) for row in (await connection.execute(query)).all()}
    for reason in Reason:
        count, since = found.get(reason.value, (0, None))
        metrics.CASES_OPEN.labels(reason.value).set(count)
        metrics.CASE_OLDEST.labels(reason.value).set(since.timestamp() if since is not None else 0)


def _outgoing(row: Any, codec: Codec, topic: str) -> Outgoing:
    record = BillingHold(
        hold_id=row.hold_id,
        case_id=row.case_id,
        state=row.state,
        account_id=row.account_id,
        entity=row.entity,
        key=row.key,
        reason=row.reason,
        money=row.money,
        currency=row.currency,
        raised_at=row.raised_at.astimezone(UTC),
        released_at=row.released_at and row.released_at.astimezone(UTC),
    )
    partition = partition_for(row.account_id or row.hold_id, BILLING_HOLD.partitions)
    return Outgoing(topic, row.hold_id.encode(), codec.encode(BILLING_HOLD, record), (), partition)
