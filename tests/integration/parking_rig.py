"""The decide agent and the drainer on the real database; topics are lists, and a batch may be cut off at any step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.codec import Codec
from schemas.reasons import Reason
from schemas.records import Account, Command, Line, Opportunity, Skipped, Stamped
from schemas.registry import MemoryRegistry
from schemas.topics import COMMAND_ERP, CRM_ACCOUNT, CRM_OPPORTUNITY, REDRIVE, SKIPPED
from streams.agents import DecideAgent, ParkingDrainer
from streams.decide import Policy
from streams.letters.outbox import Outbox, Outgoing
from streams.letters.parking.lot import Spot
from streams.letters.parking.occupancy import Brake, Caps
from streams.letters.parking.store import Raised, block_of, end_blocks, raise_blocks
from streams.letters.parking.tables import blocks, parked
from streams.publish import Publisher
from streams.transport import TP, Batch
from tests.unit.streams.agents.crm_days import T0, meta

CODEC = Codec(MemoryRegistry())
ACCOUNTS, BACK = CRM_ACCOUNT.name, REDRIVE["decide"].name
TOPIC = {"account": CRM_ACCOUNT, "opportunity": CRM_OPPORTUNITY}


@dataclass(frozen=True)
class Message:
    """A message as the client gives it."""

    its_topic: str
    at: int
    its_key: bytes | None
    its_value: bytes | None
    its_headers: Sequence[tuple[str, bytes | None]] = ()

    def topic(self) -> str:
        return self.its_topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes | None:
        return self.its_key

    def value(self) -> bytes | None:
        return self.its_value

    def headers(self) -> list[tuple[str, bytes | None]]:
        return list(self.its_headers)

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000)


class FakeBatch:
    """A batch whose outputs are kept here; the caller says whether they count."""

    open = True

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages
        self.tp = TP(messages[0].topic(), 0)
        self.first_offset = messages[0].offset()
        self.sent: list[tuple[str, bytes | None]] = []
        self.postponed: tuple[int, str] | None = None

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def emit(self, topic: str, *, key: bytes | None, value: bytes | None, **_: Any) -> None:
        self.sent.append((topic, value))

    async def flush(self) -> None:
        return None

    def postpone(self, offset: int, why: str, seconds: float) -> None:
        self.postponed = (offset, why)


@dataclass
class Rig:
    """One line. `told` are the effects asked for and the skips, in the order of the topics."""

    engine: AsyncEngine
    caps: Caps = field(default_factory=Caps)
    logs: dict[str, list[Message]] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)  #: kind and event id
    now: datetime = T0

    def __post_init__(self) -> None:
        self.brake = Brake(self.caps)
        clock = lambda: self.now  # noqa: E731
        committed = lambda: {(topic, 0): at for topic, at in self.read.items()}  # noqa: E731
        self.agent = DecideAgent(
            CODEC, self.engine, Policy(), clock, Publisher(CODEC, "decide"), committed, brake=self.brake
        )
        self.drainer = ParkingDrainer(self.engine, cast("Outbox", self), clock, self.brake)
        self.cut = False

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        """Stands where the outbox stands: the records are on the way back, whatever becomes of the caller."""
        for record in records:
            self._append(record.topic, record.key, record.value, record.headers)
        if self.cut and records:
            raise RuntimeError("the drainer died before it could mark what it sent")

    def _append(self, topic: str, key: bytes | None, value: bytes | None, headers: Any = ()) -> None:
        log = self.logs.setdefault(topic, [])
        log.append(Message(topic, len(log), key, value, tuple(headers)))

    def arrive(self, *events: Stamped) -> None:
        for event in events:
            topic = TOPIC[event.meta.entity]
            self._append(topic.name, event.meta.key.encode(), CODEC.encode(topic, event))

    async def batch(self, topic: str, size: int = 100, *, committed: bool = True) -> FakeBatch | None:
        """The agent's next batch. Not committed: the database keeps it and the transaction is undone."""
        self.now += timedelta(seconds=1)
        at = self.read.get(topic, 0)
        messages = self.logs.get(topic, [])[at : at + size]
        if not messages:
            return None
        batch = FakeBatch(messages)
        await self.agent.run(cast("Batch", batch))
        if committed:
            self.read[topic] = at + len(messages) if batch.postponed is None else batch.postponed[0]
            self.told += [one for one in map(_told, batch.sent) if one is not None]
        return batch

    async def everything(self) -> None:
        """Read all there is, until nothing moves."""
        while True:
            moved = [await self.batch(topic) for topic in list(self.logs)]
            sent = await self.drainer.step()
            if not sent and all(batch is None or batch.postponed for batch in moved):
                return

    async def block(self, event: Stamped, reason: Reason = Reason.ERP_REJECTED) -> str:
        """A sink refused the event's command: its letter blocks. The block's id."""
        self.now += timedelta(seconds=1)
        raised = refused(event, f"L{event.meta.event_id}", reason)
        async with self.engine.begin() as connection:
            await raise_blocks(connection, [raised], self.now)
        return raised.block.block_id

    async def unblock(self, block_id: str) -> None:
        async with self.engine.begin() as connection:
            assert await end_blocks(connection, blocks.c.block_id == block_id, "solved", "ada", self.now) == 1

    async def waiting(self) -> list[tuple[str, str]]:
        """(event id, state) of all that is not done, in their order."""
        query = select(parked.c.event_id, parked.c.state).where(parked.c.state != "done").order_by(parked.c.place)
        async with self.engine.connect() as connection:
            return [(row.event_id, row.state) for row in await connection.execute(query)]

    def commands(self) -> list[str]:
        return [event_id for kind, event_id in self.told if kind != "skip"]


def _told(sent: tuple[str, bytes | None]) -> tuple[str, str] | None:
    topic, value = sent
    if topic == COMMAND_ERP.name:
        command = CODEC.read(value, Command)
        assert isinstance(command, Command)
        return command.kind, command.event_id
    if topic == SKIPPED.name:
        skipped = CODEC.read(value, Skipped)
        assert isinstance(skipped, Skipped)
        return "skip", f"{skipped.event_id} {skipped.why}"
    return None


def refused(event: Stamped, letter_id: str, reason: Reason = Reason.ERP_REJECTED) -> Raised:
    """The block of a letter that a sink made of the event's command."""
    record = (event.meta.side, event.meta.entity, event.meta.key)
    block = block_of(letter_id, event.meta.event_id, record, Spot("commands", 0, 0), "sink", reason)
    assert block is not None
    return Raised(block, event.meta.account_id, "sink", reason)


def account(key: str, tick: int) -> Account:
    return Account(meta=meta("account", key, key, tick), id=key, name=f"{key} at {tick}")


def deal(key: str, owner: str, tick: int, amount: int = 19) -> Opportunity:
    lines = [Line(id=f"{key}-1", sku="S", quantity=1, unit_price=amount, discount_percent=0)]
    stamp = meta("opportunity", key, owner, tick)
    return Opportunity(meta=stamp, id=key, stage="Closed Won", currency="EUR", amount=amount, line_count=1, lines=lines)


__all__ = ["ACCOUNTS", "BACK", "Rig", "account", "deal", "refused"]
