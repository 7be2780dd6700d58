"""The clock behind holds: what is waited for has come, or the time is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import headers as names
from schemas.identity import letter_id_for
from schemas.partition import partition_for
from schemas.reasons import Reason
from schemas.topics import ACCOUNT_PARTITIONS
from streams.letters import waiting
from streams.letters.holds import original_of
from streams.letters.letter import Failure, Subject, compose
from streams.letters.outbox import Outbox, Outgoing
from streams.letters.parking.store import Raised, block_of, raise_blocks, spot_of
from streams.letters.redrive import redriven
from streams.runtime import metrics
from streams.runtime.clock import Clock
from streams.runtime.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HoldReleaser:
    """Sends satisfied holds back into `decide`, and expired ones to their dead-letter topic.

    What waited for a window is satisfied when it is over, and never expires.

    Records are confirmed by the broker before the hold is closed; a crash between repeats them, and the event's id
    makes the repeat harmless.
    """

    database: AsyncEngine
    outbox: Outbox
    clock: Clock

    async def run(self, stop: asyncio.Event, every_s: float) -> None:
        """Look every so many seconds until stopped. Raises when the database or the broker is away."""
        while not stop.is_set():
            looked = await self.step()
            try:
                await asyncio.wait_for(stop.wait(), 0 if max(looked) >= waiting.AT_ONCE else every_s)
            except TimeoutError:
                continue

    async def step(self) -> tuple[int, int]:
        """One look: how many holds were released, how many expired."""
        now = self.clock()
        async with self.database.begin() as connection:
            ready = await waiting.satisfied(connection, now)
            await self.outbox.send_all([_released(row) for row in ready])
            await waiting.end(connection, ready, "released", now)
        async with self.database.begin() as connection:
            late = await waiting.expired(connection, now)
            await self.outbox.send_all([_expired(row, now) for row in late])
            await waiting.end(connection, late, "expired", now)
            await raise_blocks(connection, [raised for row in late if (raised := _blocking(row))], now)
            metrics.HOLDS_OPEN.set(await waiting.count_open(connection))
        for row in late:
            metrics.DEAD_LETTERED.labels("decide", row.reason).inc()
            log.warning("hold expired", event_id=row.event_id, entity=row.entity, key=row.key, reason=row.reason)
        return len(ready), len(late)


def _released(row: Any) -> Outgoing:
    partition = partition_for(row.account_id, ACCOUNT_PARTITIONS)
    return redriven(original_of(row), "decide", partition, {names.HELD_SINCE: row.held_since.isoformat()})


def _blocking(row: Any) -> Raised | None:
    """The block of an expired hold's letter, where its reason blocks."""
    original, reason = original_of(row), Reason(row.reason)
    letter_id, record = letter_id_for(original.origin, "decide"), (row.side, row.entity, row.key)
    block = block_of(letter_id, row.event_id, record, spot_of(original), "decide", reason)
    return None if block is None else Raised(block, row.account_id, "decide", reason)


def _expired(row: Any, now: datetime) -> Outgoing:
    subject = Subject(row.event_id, row.entity, row.key, row.account_id)
    failure = Failure(
        Reason(row.reason),
        "decide",
        f"{row.detail}; it was held since {row.held_since.isoformat()} and nothing came",
        more={names.HELD_SINCE: row.held_since.isoformat()},
    )
    letter = compose(original_of(row), subject, failure, now)
    partition = partition_for(row.account_id, ACCOUNT_PARTITIONS)
    return Outgoing(letter.topic, letter.key, letter.value, letter.headers, partition)
