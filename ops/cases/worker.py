"""The cases worker: dead letters and their ends into the index, clocks of cases, audit and billing holds on topics.

topics ─▶ facts ─▶ one transaction: letters, cases, audit, positions ─▶ overdue? ─▶ tell audit and billing
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.audit.tell import tell
from ops.cases.clocks import escalate, show_open, tell_billing
from ops.cases.intake import Taken, take
from ops.cases.parking import unblock_by_the_clock
from ops.cases.positions import Place, make_positions, move_positions, read_positions
from ops.cases.reading import TOLD, Came, fact_of
from ops.cases.suggest import fill_suggestions
from schemas.codec import Codec
from schemas.topics import AUDIT, BILLING_HOLD, BY_NAME, DEAD_LETTER
from streams.letters.outbox import Outbox
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger

log = get_logger("meshline.cases")
_BATCH = 500
_WAIT_S = 0.5
READ = (*(topic.name for topic in DEAD_LETTER.values()), *sorted(TOLD))


@dataclass(frozen=True, slots=True)
class Indexer:
    """What one step stands on. Without an outbox it only takes in."""

    database: AsyncEngine
    codec: Codec
    outbox: Outbox | None
    clock: Clock = system_clock
    audit_key: bytes = b""
    topics: Sequence[str] = READ
    audit_topic: str = AUDIT.name
    billing_topic: str = BILLING_HOLD.name

    async def index(self, messages: Sequence[Any]) -> Taken:
        """Take a batch in. What another worker took in already is left out."""
        now = self.clock()
        async with self.database.begin() as connection:
            places = sorted({(message.topic(), message.partition()) for message in messages})
            await make_positions(connection, places, now)
            positions = await read_positions(connection, places, lock=True)
            fresh = [one for one in messages if one.offset() >= positions[one.topic(), one.partition()]]
            facts = [fact for message in fresh if (fact := fact_of(message, self.codec)) is not None]
            taken = await take(connection, facts, self.codec, now, self.audit_key)
            ends = {(one.topic(), one.partition()): one.offset() + 1 for one in fresh}
            if ends:
                await move_positions(connection, ends, now)
        left_out = sum(message.topic() not in TOLD for message in fresh) - sum(isinstance(fact, Came) for fact in facts)
        if left_out:
            log.warning("records on dead-letter topics are no letters of ours; see meshline dlq import", count=left_out)
        await fill_suggestions(self.database, self.codec, taken.opened)
        return taken

    async def tick(self) -> None:
        """What is due by the clock; then everything that the topics do not know yet."""
        await unblock_by_the_clock(self.database, self.clock())
        late = await escalate(self.database, self.clock(), self.audit_key)
        if late:
            log.warning("cases are overdue", escalated=late)
        if self.outbox is not None:
            await tell_billing(self.database, self.outbox, self.codec, self.billing_topic)
            await tell(self.database, self.outbox, self.codec, self.audit_topic)
        await show_open(self.database)


def open_consumer(bootstrap: str, group: str) -> Consumer:
    """Committed records only; positions are ours, not the group's."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )


async def read_on(indexer: Indexer, consumer: Consumer, stop: asyncio.Event) -> None:
    """Read from where the database says, step by step, until stopped."""
    places = [(name, number) for name in indexer.topics for number in range(_partitions(name))]
    async with indexer.database.begin() as connection:
        positions = await read_positions(connection, places)
    consumer.assign([TopicPartition(topic, number, positions[topic, number]) for topic, number in places])
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        messages = await loop.run_in_executor(None, consumer.consume, _BATCH, _WAIT_S)
        for message in messages:
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
        good = [message for message in messages if message.error() is None]
        if good:
            taken = await indexer.index(good)
            if taken.opened:
                log.info("cases opened", count=len(taken.opened), letters=taken.letters)
        if len(messages) < _BATCH:
            await indexer.tick()


async def catch_up(indexer: Indexer, consumer: Consumer, bootstrap: str) -> int:
    """Take in what is on the topics now, and return; how many records that was. Beside a running worker: nothing."""
    places = [(name, number) for name in indexer.topics for number in range(_partitions(name))]
    async with indexer.database.begin() as connection:
        positions = await read_positions(connection, places)
    loop = asyncio.get_running_loop()
    ends = await loop.run_in_executor(None, ends_of, bootstrap, places)
    behind = {place: ends[place] for place in places if ends[place] > positions[place]}
    if not behind:
        return 0
    consumer.assign([TopicPartition(topic, number, positions[topic, number]) for topic, number in behind])
    count, silent = 0, 0
    while behind and silent < 20:
        messages = await loop.run_in_executor(None, consumer.consume, _BATCH, _WAIT_S)
        good = [message for message in messages if message.error() is None]
        silent = 0 if good else silent + 1
        if good:
            await indexer.index(good)
            count += len(good)
        reached = {(one.topic or "", one.partition): one.offset for one in consumer.position(consumer.assignment())}
        behind = {place: end for place, end in behind.items() if reached.get(place, 0) < end}
    return count


def ends_of(bootstrap: str, places: Sequence[Place]) -> dict[Place, int]:
    """The ends of committed records. Raises KafkaException."""
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    request = {TopicPartition(*place): latest for place in places}
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    answers = admin.list_offsets(request, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=10.0)
    return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}


def _partitions(topic: str) -> int:
    return BY_NAME[topic].partitions if topic in BY_NAME else 1
