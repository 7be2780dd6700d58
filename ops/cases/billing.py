"""The verbs of billing holds: which are raised, hold new billing, let it go on.

What is told on `mesh.billing.hold` is what counts: the decide stage takes it from there. The audit has it before the
topic has: told twice it is the same, and what was not told is asked for again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select, update

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.answers import Answer
from ops.cases.asks import Ask, Why
from ops.cases.desk import Desk
from ops.cases.errors import NotFound, NotNow
from ops.cases.tables import billing_holds
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.records import BillingHold
from schemas.topics import BILLING_HOLD
from streams.letters.billing_stops import billing_stops
from streams.letters.outbox import Outgoing

PEOPLE = "people"  #: the hold's id and reason where a person holds billing, or lets it go on

HoldId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\w.:-]+$")]


class ListHolds(Ask):
    """With `any_state`, released ones too."""

    any_state: bool = False


class HoldBilling(Ask):
    """Without an account it is about all of them."""

    account_id: Annotated[str, Field(max_length=100)] = ""
    why: Why


class ReleaseBilling(Ask):
    """`hold_id` as the list has it."""

    hold_id: HoldId
    why: Why


class HoldLine(Answer):
    """One hold. `account_id` "" with `whole_line`: new billing of all accounts waits."""

    hold_id: str
    state: str
    reason: str
    whole_line: bool
    account_id: str
    entity: str
    key: str
    raised_at: datetime
    released_at: datetime | None


class HoldPage(Answer):
    """The newest first."""

    holds: list[HoldLine]


async def list_holds(desk: Desk, actor: Actor, ask: ListHolds) -> HoldPage:
    """Holds of new billing, the newest first."""
    query = select(billing_stops).order_by(billing_stops.c.raised_at.desc(), billing_stops.c.hold_id)
    if not ask.any_state:
        query = query.where(billing_stops.c.state == "raised")
    async with desk.database.connect() as connection:
        rows = (await connection.execute(query)).all()
    return HoldPage(holds=[_line(dict(row._mapping)) for row in rows])


async def hold_billing(desk: Desk, actor: Actor, ask: HoldBilling) -> HoldLine:
    """Hold new billing of one account, or of all, until a person releases it."""
    now = desk.clock()
    hold_id = f"{PEOPLE}-{ask.account_id}" if ask.account_id else PEOPLE
    async with desk.database.begin() as connection:
        row = (await connection.execute(select(billing_stops).where(billing_stops.c.hold_id == hold_id))).one_or_none()
        if row is not None and row.state == "raised":
            raise NotNow(f"{hold_id} is raised already")
        act = desk.act(actor, "drift.hold", hold_id, ask.why, after={"state": "raised", "account": ask.account_id})
        await append(connection, act, now, desk.audit_key)
    # No case stands behind one of an account either; its own id is one of the whole line only where no account is.
    raised = BillingHold(
        hold_id=hold_id, case_id=hold_id, state="raised", account_id=ask.account_id, entity="", key="",
        reason=PEOPLE, raised_at=now,
    )  # fmt: skip
    await desk.send([hold_told(raised, desk.codec)])
    return _line({**raised.model_dump(), "whole_line": raised.whole_line})


async def release_billing(desk: Desk, actor: Actor, ask: ReleaseBilling) -> HoldLine:
    """Let new billing go on. What was held is decided again by itself."""
    now = desk.clock()
    async with desk.database.begin() as connection:
        mine = select(billing_stops).where(billing_stops.c.hold_id == ask.hold_id).with_for_update()
        row = (await connection.execute(mine)).one_or_none()
        if row is None:
            raise NotFound(f"no billing hold {ask.hold_id}: meshline drift holds")
        if row.state != "raised":
            raise NotNow(f"{ask.hold_id} is released already")
        told = {"before": {"state": "raised", "reason": row.reason}, "after": {"state": "released"}}
        await append(connection, desk.act(actor, "drift.release", ask.hold_id, ask.why, **told), now, desk.audit_key)
        of_case = (billing_holds.c.hold_id == ask.hold_id) & (billing_holds.c.state == "raised")
        await connection.execute(update(billing_holds).where(of_case).values(state="released", released_at=now))
    known = {name: value for name, value in row._mapping.items() if name in BillingHold.model_fields}
    freed = {"state": "released", "reason": PEOPLE, "raised_at": row.raised_at.astimezone(UTC), "released_at": now}
    released = BillingHold.model_validate(known | freed)
    await desk.send([hold_told(released, desk.codec)])
    return _line({**released.model_dump(), "whole_line": released.whole_line})


def hold_told(hold: BillingHold, codec: Codec) -> Outgoing:
    """The record on its topic. A hold is always on one partition, so what is told of it stays in order."""
    partition = partition_for(hold.account_id or hold.hold_id, BILLING_HOLD.partitions)
    return Outgoing(BILLING_HOLD.name, hold.hold_id.encode(), codec.encode(BILLING_HOLD, hold), (), partition)


def _line(row: dict[str, Any]) -> HoldLine:
    return HoldLine.model_validate({name: row[name] for name in HoldLine.model_fields})
