"""What the operations database knows about one record, and the drifts that the reconciler told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.cases.tables import cases, letters
from ops.parking.reads import open_blocks, parked_records
from streams.letters.parking.tables import parked
from streams.runtime.tables import effects, holds, mappings, records

_MOST = 20
#: The ERP's records stand for these of the CRM.
TWIN = {"customer": "account", "order": "opportunity"}
_BILLED = ("invoice.draft", "invoice.post", "opportunity.billed")
#: entity -> kinds of commands that it leads to
KINDS = {
    "account": ("customer.upsert", "account.link", "account.billing", "account.terms"),
    "opportunity": ("order.place", "opportunity.link", "opportunity.billing", *_BILLED),
    "case": ("credit.grant", "case.link"),
    "subscription": ("schedule.amend", "subscription.link"),
    "refund": ("refund.credit",),
    "lead": ("lead.customer", "lead.order", "lead.link", "lead.ordered"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """Rows about a record, the newest first. `drifts` are the reconciler's own records."""

    entity: str
    key: str
    sides: Sequence[Any] = ()
    code: Any = None
    effects: Sequence[Any] = ()
    holds: Sequence[Any] = ()
    letters: Sequence[Any] = ()
    drifts: Sequence[Any] = field(default_factory=tuple)
    parked: Sequence[Any] = ()  #: records of this id with parked events
    blocks: Sequence[Any] = ()  #: open letters that keep them


async def gather(connection: AsyncConnection, entity: str, key: str) -> Known:
    """Everything but the drifts."""
    names = {entity, TWIN.get(entity, entity), *(erp for erp, crm in TWIN.items() if crm == entity)}
    crm = TWIN.get(entity, entity)
    mine = (records.c.entity.in_(names)) & (records.c.key == key)
    joined = letters.join(cases, cases.c.case_id == letters.c.letter_id)
    columns = [column for column in letters.c if not column.name.startswith("message_")]
    about = (letters.c.entity.in_(names)) & (letters.c.key == key)
    story = select(*columns, cases.c.state, cases.c.assignee, cases.c.due_at).select_from(joined).where(about)
    waits = await parked_records(connection, (parked.c.entity == crm) & (parked.c.key == key), 1)
    code = select(mappings).where(mappings.c.entity == _coded(crm), mappings.c.crm_id == key)
    return Known(
        entity=entity,
        key=key,
        sides=(await connection.execute(select(records).where(mine).order_by(records.c.side))).all(),
        code=(await connection.execute(code)).first(),
        effects=await _newest(connection, effects, (effects.c.key == key) & effects.c.kind.in_(KINDS.get(crm, ()))),
        holds=await _newest(connection, holds, (holds.c.key == key) & holds.c.entity.in_(names)),
        letters=(await connection.execute(story.order_by(letters.c.failed_at.desc()).limit(_MOST))).all(),
        parked=waits,
        blocks=await open_blocks(connection, [row.key for row in waits], [row.account_id for row in waits]),
    )


async def _newest(connection: AsyncConnection, table: Table, mine: Any) -> Sequence[Any]:
    order = table.c.started_at if "started_at" in table.c else table.c.held_since
    return (await connection.execute(select(table).where(mine).order_by(order.desc()).limit(_MOST))).all()


def _coded(entity: str) -> str:
    return "customer" if entity == "account" else entity
