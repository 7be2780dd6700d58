"""The agents as they run today, on letters that are not sent: what they emit is kept, what they write is undone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.codec import Codec
from schemas.headers import Headers
from schemas.topics import REDRIVE
from streams.agents import DecideAgent, NormaliseAgent
from streams.agents.policy import policy_of
from streams.letters.outbox import Outgoing
from streams.letters.parking.tables import parked
from streams.publish import Publisher
from streams.runtime.clock import Clock
from streams.runtime.settings import Settings
from streams.runtime.tables import holds
from streams.transport import Batch
from streams.transport.types import TP

BEHIND_ALL = 2**62  #: an offset behind everything that is on a topic


@dataclass(frozen=True, slots=True)
class Message:
    """A record on its way, as the agents read it."""

    record: Outgoing
    at: int

    def topic(self) -> str:
        return self.record.topic

    def partition(self) -> int:
        return self.record.partition or 0

    def offset(self) -> int:
        return self.at

    def timestamp(self) -> tuple[int, int]:
        return (1, 0)

    def key(self) -> bytes | None:
        return self.record.key

    def value(self) -> bytes | None:
        return self.record.value

    def headers(self) -> Headers:
        return self.record.headers

    def error(self) -> None:
        return None


@dataclass
class Kept:
    """A batch whose outputs go nowhere."""

    messages: Sequence[Message]
    partition: int
    out: list[Outgoing] = field(default_factory=list)
    open: bool = True
    first_offset: int = BEHIND_ALL

    @property
    def tp(self) -> TP:
        return TP(REDRIVE["decide"].name, self.partition)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def emit(
        self, topic: str, *, key: bytes | None, value: bytes | None, partition: int | None, headers: Headers
    ) -> None:
        self.out.append(Outgoing(topic, key, value, headers, partition))

    async def flush(self) -> None:
        """There is nothing to wait for."""


class Everything(dict[tuple[str, int], int]):
    """Offsets that say: all that was remembered is on its topic for good."""

    def get(self, key: tuple[str, int], default: Any = None) -> Any:
        return BEHIND_ALL


def behind(letter_id: str) -> str:
    """What is said of something that would be parked."""
    whom = f"letter {letter_id[:12]} of its record" if letter_id else "others of its record, which wait behind a letter"
    return f"it would be parked behind {whom}, and goes on by itself when that is closed"


@dataclass
class Undone:
    """A database whose transactions are undone at their end. `held`: event id -> what it would wait for."""

    engine: AsyncEngine
    held: dict[str, str] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            transaction = await connection.begin()
            try:
                yield connection
                mine = holds.c.event_id.in_(self.events) & (holds.c.state == "open")
                rows = (await connection.execute(select(holds.c.event_id, holds.c.detail).where(mine))).all()
                self.held |= {row.event_id: row.detail for row in rows}
                mine = parked.c.event_id.in_(self.events) & (parked.c.state == "waiting")
                rows = (await connection.execute(select(parked.c.event_id, parked.c.block_id).where(mine))).all()
                self.held |= {row.event_id: behind(row.block_id) for row in rows}
            finally:
                await transaction.rollback()


class Agents:
    """Both agents. Events of one call see what earlier ones of it changed, as in a batch of the line."""

    def __init__(self, settings: Settings, engine: AsyncEngine, codec: Codec, clock: Clock) -> None:
        self._undone = Undone(engine)
        database = cast(AsyncEngine, self._undone)
        self._normalise = NormaliseAgent(codec, clock, Publisher(codec, "normalise"))
        self._decide = DecideAgent(
            codec, database, policy_of(settings), clock, Publisher(codec, "decide"), committed=Everything
        )

    async def normalise(self, records: Sequence[Outgoing]) -> list[Outgoing]:
        """What raw records become."""
        batch = Kept([Message(record, BEHIND_ALL + at) for at, record in enumerate(records)], 0)
        await self._normalise.run(cast(Batch, batch))
        return batch.out

    async def decide(
        self, records: Sequence[Outgoing], partition: int, events: set[str]
    ) -> tuple[list[Outgoing], dict[str, str]]:
        """(What the events of one partition lead to; those of `events` that would wait, and for what)."""
        self._undone.events, self._undone.held = events, {}
        batch = Kept([Message(record, BEHIND_ALL + at) for at, record in enumerate(records)], partition)
        await self._decide.run(cast(Batch, batch))
        return batch.out, self._undone.held
