"""Holds: events that wait for something, kept in the operations database with their original bytes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.identity import letter_id_for
from schemas.outcome import Hold, WaitKind
from schemas.records import Stamped
from streams.letters.letter import Original
from streams.runtime.tables import holds

_ON_THE_WAY = timedelta(hours=1)  # longer than a released record takes to be decided


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold as a decision needs to know it."""

    hold_id: str
    event_id: str
    record: tuple[str, str, str]  #: side, entity, key
    account_id: str
    position: tuple[int, int]
    origin: str
    ended_by: str | None = None
    window_end: datetime | None = None  #: of changes that are gathered; None: it waits for something else

    def gives_way_to(self, event_id: str, position: tuple[int, int]) -> bool:
        """Whether an event takes this one's place: a newer version, or the event that did so before a crash."""
        return self.ended_by == event_id or (self.event_id != event_id and self.position < position)


@dataclass(frozen=True, slots=True)
class NewHold:
    """An event to be put on hold, with everything that brings it back."""

    event: Stamped
    hold: Hold
    original: Original
    held_since: datetime

    @property
    def hold_id(self) -> str:
        return letter_id_for(self.event.meta.event_id, "hold")

    def as_open(self) -> OpenHold:
        meta = self.event.meta
        record = (meta.side, meta.entity, meta.key)
        end = self.hold.until if self.hold.waiting_for.kind is WaitKind.WINDOW else None
        known = (self.hold_id, meta.event_id, record, meta.account_id, meta.position, meta.origin)
        return OpenHold(*known, window_end=end)


async def open_holds(
    connection: AsyncConnection, keys: Iterable[tuple[str, str, str]], event_ids: Sequence[str]
) -> list[OpenHold]:
    """Open holds of the given records, and those that one of the events superseded already."""
    mine = and_(
        tuple_(holds.c.side, holds.c.entity, holds.c.key).in_(list(keys)),
        or_(holds.c.state == "open", holds.c.ended_by.in_(list(event_ids))),
    )
    rows = (await connection.execute(select(holds).where(mine))).all()
    return [
        OpenHold(
            row.hold_id,
            row.event_id,
            (row.side, row.entity, row.key),
            row.account_id,
            (row.version, row.sequence),
            row.origin,
            row.ended_by,
            row.expires_at if row.wait_kind == WaitKind.WINDOW.value else None,
        )
        for row in rows
    ]


async def windows_over(
    connection: AsyncConnection, keys: Iterable[tuple[str, str, str]], now: datetime
) -> dict[str, datetime]:
    """Event id -> end of the window that it waited for, of events that are or were on their way back not long ago."""
    mine = and_(
        tuple_(holds.c.side, holds.c.entity, holds.c.key).in_(list(keys)),
        holds.c.state == "released",
        holds.c.wait_kind == WaitKind.WINDOW.value,
        holds.c.ended_at > now - _ON_THE_WAY,
    )
    rows = await connection.execute(select(holds.c.event_id, holds.c.expires_at).where(mine))
    return {row.event_id: row.expires_at for row in rows}


async def put_holds(connection: AsyncConnection, fresh: Sequence[NewHold], now: datetime) -> None:
    """Keep the holds. One that is there already is open again, for what it waits for now; it keeps since when."""
    if not fresh:
        return
    once = {hold.hold_id: hold for hold in reversed(fresh)}  # an event may stand in a batch twice
    statement = insert(holds).values([_row(hold, now) for hold in once.values()])
    names = ("wait_kind", "wait_key", "wait_count", "reason", "detail", "checked_at", "expires_at")
    again = {"state": "open", "ended_at": None, **{name: statement.excluded[name] for name in names}}
    await connection.execute(statement.on_conflict_do_update(index_elements=["hold_id"], set_=again))


async def end_superseded(connection: AsyncConnection, ended: dict[str, str], now: datetime) -> None:
    """Close holds whose record has a newer version: hold id -> the event that took its place."""
    for hold_id, event_id in ended.items():
        await connection.execute(
            update(holds).where(holds.c.hold_id == hold_id).values(state="superseded", ended_by=event_id, ended_at=now)
        )


def original_of(row: Any) -> Original:
    """The held event's record, bit for bit."""
    headers = tuple((name, None if value is None else b64decode(value)) for name, value in row.message_headers)
    return Original(
        topic=row.source_topic,
        partition=row.source_partition,
        offset=row.source_offset,
        timestamp_ms=row.source_timestamp,
        key=row.message_key,
        value=row.message_value,
        headers=headers,
    )


def columns_of(original: Original) -> dict[str, Any]:
    """A record as `original_columns` of a table keep it."""
    return {
        "source_topic": original.topic,
        "source_partition": original.partition,
        "source_offset": original.offset,
        "source_timestamp": original.timestamp_ms,
        "message_key": original.key,
        "message_value": original.value,
        "message_headers": [
            [name, None if value is None else b64encode(value).decode()] for name, value in original.headers
        ],
    }


def _row(fresh: NewHold, now: datetime) -> dict[str, Any]:
    meta, original, waiting = fresh.event.meta, fresh.original, fresh.hold.waiting_for
    return {
        "hold_id": fresh.hold_id,
        "event_id": meta.event_id,
        "side": meta.side,
        "entity": meta.entity,
        "key": meta.key,
        "account_id": meta.account_id,
        "version": meta.version,
        "sequence": meta.sequence,
        "wait_kind": waiting.kind.value,
        "wait_key": waiting.key,
        "wait_count": waiting.count,
        "reason": fresh.hold.reason.value,
        "detail": fresh.hold.detail,
        "state": "open",
        "origin": meta.origin,
        **columns_of(original),
        "held_since": fresh.held_since,
        "checked_at": now,
        "expires_at": fresh.hold.until,
    }
