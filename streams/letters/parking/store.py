"""The lot and the operations database: one query to fill it, and statements only where the batch changed something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas import headers as names
from schemas.headers import header_text
from schemas.reasons import Reason, catalogue
from schemas.records import LineItem, Stamped
from streams.letters.holds import columns_of
from streams.letters.letter import Letter, Original
from streams.letters.parking.lot import Block, Lot, RecordKey, Row, Spot
from streams.letters.parking.tables import blocks, parked

_UNDONE = ("waiting", "sent")


@dataclass(frozen=True, slots=True)
class Raised:
    """A letter that blocks, with what people are told of it."""

    block: Block
    account_id: str
    stage: str
    reason: Reason


def block_of(
    letter_id: str, event_id: str, record: RecordKey, source: Spot, stage: str, reason: Reason
) -> Block | None:
    """The block of a letter; None where its reason does not block.

    What a sink refused is needed by what depends on it. What could not be decided must be decided again, perhaps with
    what its dependents bring; so those do not wait for it.
    """
    entry = catalogue()[reason]
    itself = reason is Reason.MISSING_ACCOUNT and record[1] == "account"  # what it waits for must not wait for it
    if itself or not (entry.blocks and record[2]):
        return None
    return Block(letter_id, event_id, record, source, stage == "sink", entry.collapse)


def origin_in(letter: Letter) -> Spot:
    """Where a letter's record was first read."""
    partition, offset = (int(header_text(letter.headers, one)) for one in (names.SOURCE_PARTITION, names.SOURCE_OFFSET))
    return Spot(header_text(letter.headers, names.SOURCE_TOPIC), partition, offset)


def spot_of(original: Original) -> Spot:
    """Where a record was first read."""
    return Spot(original.topic, original.partition, original.offset)


@dataclass(frozen=True, slots=True)
class Parking:
    """What is to be parked, with everything that brings it back. `about`: the row's columns that tell what it is."""

    about: Mapping[str, Any]
    original: Original

    @classmethod
    def of(cls, event: Stamped, original: Original) -> Parking:
        """An event, which is to be decided later."""
        meta = event.meta
        about = {
            "event_id": meta.event_id,
            "stage": "decide",
            "side": meta.side,
            "entity": meta.entity,
            "key": meta.key,
            "account_id": meta.account_id,
            "parent": event.opportunity_id if isinstance(event, LineItem) else None,
            "version": meta.version,
            "sequence": meta.sequence,
            "operation": meta.operation,
            "source": meta.source,
            "origin": meta.origin,
        }
        return cls(about, original)


async def save_lot(
    connection: AsyncConnection,
    lot: Lot,
    parkings: Mapping[str, Parking],
    raised: Mapping[str, Raised],
    now: datetime,
) -> None:
    """Keep what the batch changed. `parkings` by event id, `raised` by block id."""
    moved = [row for row in lot.moved.values() if row.event_id not in lot.parked]
    if moved:
        await _move(connection, moved, now)
    if lot.parked:
        await _park(connection, lot, parkings, now)
    fresh = [raised[block_id] for block_id in lot.raised]
    await raise_blocks(connection, fresh, now)
    for block_id, why in lot.ended.items():
        await end_blocks(connection, blocks.c.block_id == block_id, why, "meshline", now)


async def raise_blocks(connection: AsyncConnection, raised: Sequence[Raised], now: datetime) -> None:
    """Block the letters' records. A letter that came again blocks again."""
    if not raised:
        return
    once = {one.block.block_id: one for one in raised}
    statement = insert(blocks).values([_block_row(one, now) for one in once.values()])
    again: dict[str, Any] = {"state": "open", "ended_why": None, "ended_by": None, "ended_at": None}
    again |= {name: statement.excluded[name] for name in ("reason", "blocked_at")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["block_id"], set_=again, where=blocks.c.state == "ended")
    )


async def end_blocks(connection: AsyncConnection, mine: ColumnElement[bool], why: str, by: str, now: datetime) -> int:
    """End open blocks; how many. What waited behind them goes on by itself."""
    values = {"state": "ended", "ended_why": why, "ended_by": by, "ended_at": now}
    return (await connection.execute(update(blocks).where(mine, blocks.c.state == "open").values(**values))).rowcount


async def _move(connection: AsyncConnection, rows: Sequence[Row], now: datetime) -> None:
    names = ("state", "done_topic", "done_partition", "done_offset", "ended_at")
    statement = (
        update(parked).where(parked.c.event_id == bindparam("row")).values({name: bindparam(name) for name in names})
    )
    values = []
    for row in rows:
        done = tuple(row.done_at or (None, None, None))
        ended = now if row.state == "done" else None
        values.append({"row": row.event_id, **dict(zip(names, (row.state, *done, ended), strict=True))})
    await connection.execute(statement, values)


async def _park(connection: AsyncConnection, lot: Lot, parkings: Mapping[str, Parking], now: datetime) -> None:
    count = len(lot.parked)
    numbers = text("select nextval('parked_places') from generate_series(1, :count)")
    lasting = sorted((await connection.execute(numbers, {"count": count})).scalars())
    rows = [
        _row(parkings[event_id], lot.parked[event_id], place, now)
        for event_id, place in zip(lot.parked, lasting, strict=True)
    ]
    statement = insert(parked).values(rows)
    names = [column.name for column in parked.c if column.name != "event_id"]
    again: dict[str, Any] = {name: statement.excluded[name] for name in names}
    await connection.execute(statement.on_conflict_do_update(index_elements=["event_id"], set_=again))


def _row(parking: Parking, behind: Block | None, place: int, now: datetime) -> dict[str, Any]:
    return {
        **parking.about,
        "place": place,
        "block_id": behind.block_id if behind else "",
        "collapse": behind is not None and behind.collapse and parking.about["stage"] == "decide",
        "state": "waiting",
        "instead": None,
        "instead_of": None,
        **columns_of(parking.original),
        "done_topic": None,
        "done_partition": None,
        "done_offset": None,
        "parked_at": now,
        "ended_at": None,
    }


def _block_row(raised: Raised, now: datetime) -> dict[str, Any]:
    block = raised.block
    side, entity, key = block.record
    return {
        "block_id": block.block_id,
        "event_id": block.event_id,
        "side": side,
        "entity": entity,
        "key": key,
        "account_id": raised.account_id,
        "stage": raised.stage,
        "reason": raised.reason.value,
        "dependents": block.dependents,
        "source_topic": block.source.topic,
        "source_partition": block.source.partition,
        "source_offset": block.source.offset,
        "state": "open",
        "ended_why": None,
        "ended_by": None,
        "blocked_at": now,
        "ended_at": None,
    }
