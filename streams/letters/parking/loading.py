"""The lot of a batch from the operations database, in one query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, func, literal, null, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.reasons import Reason, catalogue
from streams.letters.parking.lot import Block, Lot, Passage, RecordKey, Row, Spot
from streams.letters.parking.tables import blocks, parked

_UNDONE = ("waiting", "sent")


async def load_lot(connection: AsyncConnection, events: Sequence[Passage], stage: str) -> Lot:
    """What covers these events of a stage and what waits of their records there, in one query.

    The sinks' letters keep events, too. What was decided before an event's letter is carried in spite of it.
    """
    if not events:
        return Lot()
    scopes = {record for event in events for record in event.scope}
    own = {event.record for event in events}
    ids = [event.row_id for event in events]
    theirs = blocks.c.stage == stage if stage == "sink" else true()
    open_blocks = select(
        literal("block").label("what"),
        blocks.c.block_id.label("id"),
        blocks.c.event_id,
        blocks.c.side,
        blocks.c.entity,
        blocks.c.key,
        blocks.c.dependents,
        blocks.c.reason.label("word"),
        null().label("instead"),
        null().label("instead_of"),
        literal(0).label("place"),
        blocks.c.source_topic,
        blocks.c.source_partition,
        blocks.c.source_offset,
        null().label("done_topic"),
        literal(0).label("done_partition"),
        literal(0).label("done_offset"),
    ).where(_any(blocks.c.key, {key for _, _, key in scopes}), blocks.c.state == "open", theirs)
    mine = _any(parked.c.event_id, ids)
    undone = _any(parked.c.key, {key for _, _, key in own}) & parked.c.state.in_(_UNDONE)
    waiting = select(
        literal("row"),
        parked.c.event_id,
        parked.c.event_id,
        parked.c.side,
        parked.c.entity,
        parked.c.key,
        mine,
        parked.c.state,
        parked.c.instead,
        parked.c.instead_of,
        parked.c.place,
        parked.c.source_topic,
        parked.c.source_partition,
        parked.c.source_offset,
        parked.c.done_topic,
        parked.c.done_partition,
        parked.c.done_offset,
    ).where(mine | undone, parked.c.stage == stage)
    return _lot((await connection.execute(union_all(open_blocks, waiting))).all())


def _any(column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    return column == func.any(literal(list(values), ARRAY(Text)))


def _lot(found: Sequence[Any]) -> Lot:
    covering, rows, waiting = [], [], dict[RecordKey, dict[int, Spot]]()
    for row in found:
        record = (row.side, row.entity, row.key)
        source = Spot(row.source_topic, row.source_partition, row.source_offset)
        if row.what == "block":
            collapse = catalogue()[Reason(row.word)].collapse
            covering.append(Block(row.id, row.event_id, record, source, row.dependents, collapse))
            continue
        if row.word in _UNDONE:
            waiting.setdefault(record, {})[row.place] = source
        if row.dependents:  # it is an event of this batch
            spot = Spot(row.done_topic, row.done_partition, row.done_offset) if row.done_topic else None
            rows.append(Row(row.id, record, row.place, source, row.word, row.instead or "", row.instead_of or "", spot))
    return Lot.of(covering, rows, waiting)
