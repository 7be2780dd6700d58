"""The clock behind parking: tails that nothing covers go back to where they were parked, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import headers as names
from schemas.partition import partition_for
from schemas.reasons import Reason, catalogue
from schemas.topics import ACCOUNT_PARTITIONS
from streams.letters.holds import original_of
from streams.letters.outbox import Outbox, Outgoing
from streams.letters.parking.drain import drainable, forget, mark_sent, mark_superseded, take_drain
from streams.letters.parking.occupancy import Brake, Occupancy, occupancy
from streams.letters.redrive import redriven, sent_again
from streams.runtime import metrics
from streams.runtime.clock import Clock

_KEPT = timedelta(days=30)  # longer than any copy of an event can come
_BUSY_S = 0.05  # a tail is on its way: look again soon, so that what arrives meanwhile waits no longer than it must


@dataclass(frozen=True, slots=True)
class ParkingDrainer:
    """Sends what may go, confirmed by the broker before it is marked; and sees how full the lot is.

    A crash in between sends it again; the agent knows a copy by its row. One drainer works at a time, so that a
    record's events are sent in their order.
    """

    database: AsyncEngine
    outbox: Outbox
    clock: Clock
    brake: Brake

    async def run(self, stop: asyncio.Event, every_s: float) -> None:
        """Look every so many seconds until stopped. Raises when the database or the broker is away."""
        while not stop.is_set():
            sent = await self.step()
            try:
                await asyncio.wait_for(stop.wait(), min(every_s, _BUSY_S) if sent else every_s)
            except TimeoutError:
                continue

    async def step(self) -> int:
        """One look: how many events were sent back."""
        async with self.database.begin() as connection:
            await take_drain(connection)
            rows = await self._drain(connection)
            now = await occupancy(connection, self.brake.caps)
        self._show(now)
        self.brake.see(now)
        return len(rows)

    async def _drain(self, connection: Any) -> Any:
        rows = await drainable(connection)
        if rows:
            await mark_superseded(connection, rows)
            await self.outbox.send_all([_back(row) for row in rows])
            await mark_sent(connection, rows)
        await forget(connection, self.clock() - _KEPT)
        return rows

    def _show(self, now: Occupancy) -> None:
        metrics.PARKED_EVENTS.set(now.events)
        metrics.PARKED_KEYS.set(now.keys)
        metrics.PARKED_OLDEST.set(_seconds(now.oldest))
        full = max(now.events / self.brake.caps.events, now.keys / self.brake.caps.keys)
        metrics.PARKING_FULL.set(max(full, max(now.fullest.values(), default=0) / self.brake.caps.events_per_key))
        for reason, entry in catalogue().items():
            if entry.blocks:
                metrics.BLOCKING.labels(reason.value, entry.owner).set(now.blocking.get(Reason(reason).value, 0))


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0


def _back(row: Any) -> Outgoing:
    """An event goes back to be decided, a command to its sink."""
    original, mark = original_of(row), {names.PARKED: row.event_id}
    if row.stage == "sink":
        return sent_again(original, mark)
    return redriven(original, row.stage, partition_for(row.account_id, ACCOUNT_PARTITIONS), mark)
