"""The way back: which parked events may go, and which of them a newer full state makes needless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.letters.parking.tables import blocks, parked

_DRAINING = 7420933  #: the name of the lock that one drainer holds
_FULL = frozenset({"create", "update", "snapshot"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """What collapsing needs to know of a parked event. `full`: it carries its record's whole state, and keeps it."""

    event_id: str
    place: int
    position: tuple[int, int]
    source: str
    full: bool
    collapse: bool


def superseded(tail: Iterable[Waiting]) -> dict[str, str]:
    """Event id -> the event that takes its place, of one record's tail in its order.

    A full state gives way to the next event when that is a newer full state of the same source. A patch and a deletion
    stay, and so does what stands before them: they say something about that state.
    """
    ordered = sorted(tail, key=lambda one: one.place)
    found: dict[str, str] = {}
    newest: Waiting | None = None
    for one in reversed(ordered):
        if newest is not None and _gives_way(one, newest):
            found[one.event_id] = newest.event_id
        else:
            newest = one if one.full else None
    return found


def _gives_way(one: Waiting, newer: Waiting) -> bool:
    return one.full and one.collapse and one.source == newer.source and one.position <= newer.position


async def take_drain(connection: AsyncConnection) -> None:
    """Wait until no other process drains; two at once would mix up a record's order."""
    await connection.execute(select(func.pg_advisory_xact_lock(_DRAINING)))


async def drainable(connection: AsyncConnection, limit: int = 500) -> Sequence[Any]:
    """Rows that nothing covers, the longest waiting first, locked for this transaction.

    A row that is locked elsewhere is left out; what stands behind it is put back by the agent, not overtaken.
    """
    free = and_(~_covered_itself(), ~_covered_by("opportunity", parked.c.parent), ~_covered_by_account())
    query = select(parked).where(parked.c.state == "waiting", free).order_by(parked.c.place).limit(limit)
    query = query.with_for_update(skip_locked=True)
    return (await connection.execute(query)).all()


def _covered_itself() -> ColumnElement[bool]:
    own = (blocks.c.side == parked.c.side) & (blocks.c.entity == parked.c.entity) & (blocks.c.key == parked.c.key)
    # A command was decided before an event of its record failed to be.
    theirs = (parked.c.stage == "decide") | (blocks.c.stage == parked.c.stage)
    return exists().where(own, blocks.c.state == "open", theirs)


def _covered_by(entity: str, key: ColumnElement[Any]) -> ColumnElement[bool]:
    it = (blocks.c.side == "crm") & (blocks.c.entity == entity) & (blocks.c.key == key)
    return exists().where(it, blocks.c.dependents, blocks.c.state == "open")


def _covered_by_account() -> ColumnElement[bool]:
    needs = (parked.c.side == "crm") & parked.c.entity.in_(("opportunity", "line_item"))
    return and_(needs, _covered_by("account", parked.c.account_id))


async def mark_superseded(connection: AsyncConnection, rows: Sequence[Any]) -> None:
    """Say of the rows which need not be decided."""
    records = {(row.side, row.entity, row.key) for row in rows if row.collapse}
    if not records:
        return
    mine = tuple_(parked.c.side, parked.c.entity, parked.c.key).in_(list(records))
    tails: dict[tuple[str, str, str], list[Waiting]] = {}
    events = (parked.c.stage == "decide") & (parked.c.state == "waiting")
    query = select(parked).where(mine, events, parked.c.instead.is_(None))
    for row in (await connection.execute(query)).all():
        full = row.operation in _FULL
        position = (row.version, row.sequence)
        one = Waiting(row.event_id, row.place, position, row.source, full, row.collapse)
        tails.setdefault((row.side, row.entity, row.key), []).append(one)
    mine_now = {row.event_id for row in rows}
    for tail in tails.values():
        for event_id, by in superseded(tail).items():
            if event_id not in mine_now:
                continue
            values = {"instead": "superseded", "instead_of": f"event {by} brought a newer version"}
            await connection.execute(update(parked).where(parked.c.event_id == event_id).values(**values))


async def mark_sent(connection: AsyncConnection, rows: Sequence[Any]) -> None:
    """The broker has them, or will before this transaction ends."""
    mine = parked.c.event_id.in_([row.event_id for row in rows])
    await connection.execute(update(parked).where(mine, parked.c.state == "waiting").values(state="sent"))


async def forget(connection: AsyncConnection, before: datetime, limit: int = 1000) -> int:
    """Delete what ended long ago: no copy of it can come any more. How many rows."""
    old = select(parked.c.event_id).where(parked.c.state == "done", parked.c.ended_at < before).limit(limit)
    gone = await connection.execute(parked.delete().where(parked.c.event_id.in_(old)))
    ended = select(blocks.c.block_id).where(blocks.c.state == "ended", blocks.c.ended_at < before).limit(limit)
    await connection.execute(blocks.delete().where(blocks.c.block_id.in_(ended)))
    return gone.rowcount
