"""How full the lot is: for people, for metrics, and for the caps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.letters.parking.lot import RecordKey
from streams.letters.parking.tables import blocks, parked

_UNDONE = ("waiting", "sent")


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may wait."""

    events_per_key: int = 1_000
    keys: int = 10_000
    events: int = 100_000


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What waits now. `fullest`: records at the cap of events, with how many wait of each."""

    events: int = 0
    keys: int = 0
    oldest: datetime | None = None
    fullest: dict[RecordKey, int] = field(default_factory=dict)
    blocking: dict[str, int] = field(default_factory=dict)  #: reason -> open letters that block


@dataclass(slots=True)
class Brake:
    """Says when there is no room: the event's partition then rests before it, and nothing is dropped or let past.

    Counts of all records are those that were seen last, with what this process parked since.
    """

    caps: Caps = field(default_factory=Caps)
    seen: Occupancy = field(default_factory=Occupancy)
    events: int = 0  #: parked here since
    keys: int = 0

    def see(self, now: Occupancy) -> None:
        """Counted anew."""
        self.seen, self.events, self.keys = now, 0, 0

    def parked(self, *, first: bool) -> None:
        """One event more; `first` of its record."""
        self.events += 1
        self.keys += first

    def full(self, record: RecordKey, waiting: int) -> str:
        """Which cap keeps an event of this record out, of which so many wait; "" where there is room."""
        caps, events, keys = self.caps, self.seen.events + self.events, self.seen.keys + self.keys
        if waiting >= caps.events_per_key:
            return f"{waiting} events of {' '.join(record)} are parked, and {caps.events_per_key} may be"
        if events >= caps.events:
            return f"{events} events are parked, and {caps.events} may be"
        if not waiting and keys >= caps.keys:
            return f"{keys} records have parked events, and {caps.keys} may have"
        return ""


async def occupancy(connection: AsyncConnection, caps: Caps) -> Occupancy:
    """Counted now, from the index."""
    by_record = (
        select(
            parked.c.side,
            parked.c.entity,
            parked.c.key,
            func.count().label("n"),
            func.min(parked.c.parked_at).label("t"),
        )
        .where(parked.c.state.in_(_UNDONE))
        .group_by(parked.c.side, parked.c.entity, parked.c.key)
        .subquery()
    )
    totals = select(func.count(), func.coalesce(func.sum(by_record.c.n), 0), func.min(by_record.c.t))
    keys, events, oldest = (await connection.execute(totals)).one()
    fullest: dict[RecordKey, int] = {}
    if events >= caps.events_per_key:
        rows: Any = await connection.execute(select(by_record).where(by_record.c.n >= caps.events_per_key))
        fullest = {(row.side, row.entity, row.key): row.n for row in rows}
    open_ = select(blocks.c.reason, func.count()).where(blocks.c.state == "open").group_by(blocks.c.reason)
    blocking: dict[str, int] = {reason: count for reason, count in await connection.execute(open_)}
    return Occupancy(int(events), keys, oldest, fullest, blocking)
