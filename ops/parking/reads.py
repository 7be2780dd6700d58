"""Parked records as people see them: how much waits, since when, behind which letter, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.cases.states import OPEN
from ops.cases.tables import cases
from schemas.reasons import Reason, catalogue
from streams.letters.parking.tables import blocks, parked

UNDONE = parked.c.state != "done"
_RECORD = (parked.c.side, parked.c.entity, parked.c.key, parked.c.account_id)


async def totals(connection: AsyncConnection) -> tuple[int, int]:
    """(events, records) that wait."""
    by_record = select(func.count().label("n")).where(UNDONE).group_by(*_RECORD[:3]).subquery()
    found = (await connection.execute(select(func.coalesce(func.sum(by_record.c.n), 0), func.count()))).one()
    return int(found[0]), int(found[1])


async def parked_records(connection: AsyncConnection, mine: ColumnElement[bool], limit: int) -> Sequence[Any]:
    """Records with parked events: (side, entity, key, account_id, events, since), the longest waiting first."""
    since = func.min(parked.c.parked_at).label("since")
    query = select(*_RECORD, func.count().label("events"), since).where(UNDONE, mine).group_by(*_RECORD)
    return (await connection.execute(query.order_by(since, parked.c.key).limit(limit))).all()


async def open_blocks(connection: AsyncConnection, keys: Sequence[str], accounts: Sequence[str]) -> Sequence[Any]:
    """Open blocks of these records, and of these accounts, with their cases where those are indexed."""
    joined = blocks.outerjoin(cases, cases.c.case_id == blocks.c.block_id)
    columns = (cases.c.owner, cases.c.assignee, cases.c.state.label("case_state"))
    mine = blocks.c.key.in_([*keys, *accounts]) & (blocks.c.state == "open")
    return (await connection.execute(select(blocks, *columns).select_from(joined).where(mine))).all()


def covers(block: Any, row: Any) -> bool:
    """Whether a block keeps a parked record."""
    if (block.side, block.entity, block.key) == (row.side, row.entity, row.key):
        return True
    return bool(block.dependents and block.entity == "account" and block.key == row.account_id)


def owner_of(block: Any) -> str:
    """Who has the letter: the person, the case's team, or the catalogue's where it is not indexed yet."""
    if block.case_state in [state.value for state in OPEN]:
        return str(block.assignee or block.owner)
    return catalogue()[Reason(block.reason)].owner


async def behind_letter(connection: AsyncConnection, letter_id: str) -> tuple[int, Any]:
    """(events parked behind a letter that blocks, since when); (0, None) where it does not block."""
    block = (await connection.execute(select(blocks).where(blocks.c.block_id == letter_id))).one_or_none()
    if block is None or block.state != "open":
        return 0, None
    own = (parked.c.side == block.side) & (parked.c.entity == block.entity) & (parked.c.key == block.key)
    if block.dependents and block.entity == "account":
        own |= (parked.c.account_id == block.key) & parked.c.entity.in_(("opportunity", "line_item"))
    elif block.dependents:
        own |= (parked.c.parent == block.key) & (parked.c.entity == "line_item")
    found = (await connection.execute(select(func.count(), func.min(parked.c.parked_at)).where(UNDONE, own))).one()
    return int(found[0]), found[1]
