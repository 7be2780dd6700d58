"""Letters of others, from their dead-letter topic onto ours. It goes on where it stopped; a repeat is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.desk import Desk
from ops.cases.errors import BadAsk
from ops.cases.positions import IMPORT, Place, move_positions, read_positions
from ops.cases.worker import ends_of, open_consumer
from schemas.topics import ACCOUNT_PARTITIONS, BY_NAME
from streams.letters.foreign import Family, Foreign, NotOfFamily, as_letter, read_foreign
from streams.letters.letter import Original
from streams.letters.outbox import Outgoing

ACTION = "letter.import"
_BATCH = 500
_WAIT_S = 5.0


@dataclass(slots=True)
class Imported:
    """What an import came to. `refused` names each record that is no letter of the family."""

    read: int = 0
    written: int = 0
    fetched: int = 0
    gone: int = 0
    refused: list[str] | None = None


async def import_letters(
    desk: Desk, actor: Actor, bootstrap: str, family: Family, topic: str, why: str, *, dry_run: bool = False
) -> Imported:
    """Everything on the topic that was not imported yet. Raises BadAsk, KafkaException, NotDelivered."""
    if topic in BY_NAME:
        raise BadAsk(f"{topic} is a topic of ours; its letters are there already")
    done = Imported(refused=[])
    consumer = open_consumer(bootstrap, "meshline.import")
    try:
        await _read(desk, consumer, bootstrap, family, topic, done, dry_run)
    finally:
        consumer.close()
    if not dry_run:
        after = {"family": family.value, "written": done.written, "refused": len(done.refused or ())}
        async with desk.database.begin() as connection:
            act = desk.act(actor, ACTION, topic, why, after=after)
            await append(connection, act, desk.clock(), desk.audit_key)
    return done


async def _read(
    desk: Desk, consumer: Consumer, bootstrap: str, family: Family, topic: str, done: Imported, dry_run: bool
) -> None:
    places = await asyncio.to_thread(_places, consumer, topic)
    ends = await asyncio.to_thread(ends_of, bootstrap, places)
    async with desk.database.connect() as connection:
        positions = await read_positions(connection, places, reader=IMPORT)
    for place in places:
        for batch in _batches(consumer, place, positions[place], ends[place]):
            foreign = [(message, _foreign(family, message, done)) for message in batch]
            letters = [
                await asyncio.to_thread(_outgoing, bootstrap, one, done) for _, one in foreign if one is not None
            ]
            done.read += len(batch)
            if dry_run:
                continue
            await desk.send(letters)  # confirmed before the position moves
            done.written += len(letters)
            async with desk.database.begin() as connection:
                await move_positions(connection, {place: batch[-1].offset() + 1}, desk.clock(), IMPORT)


def _places(consumer: Consumer, topic: str) -> list[Place]:
    found = consumer.list_topics(topic, timeout=10.0).topics.get(topic)
    if found is None or found.error is not None or not found.partitions:
        raise BadAsk(f"there is no topic {topic}")
    return [(topic, number) for number in sorted(found.partitions)]


def _batches(consumer: Consumer, place: Place, start: int, end: int) -> Iterator[Sequence[Any]]:
    if start >= end:
        return
    consumer.assign([TopicPartition(place[0], place[1], start)])
    at = start
    while at < end:
        first = consumer.poll(_WAIT_S)
        if first is None:
            return  # what is left are marks of transactions
        messages = [first, *consumer.consume(_BATCH, 0)]  # with a timeout it would wait until it has them all
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
        at = (messages[-1].offset() or 0) + 1
        yield messages


def _foreign(family: Family, message: Any, done: Imported) -> Foreign | None:
    try:
        return read_foreign(family, message.key(), message.value(), message.headers(), message.timestamp()[1])
    except NotOfFamily as error:
        assert done.refused is not None
        done.refused.append(f"{message.topic()}/{message.partition()}/{message.offset()}: {error}")
        return None


def _outgoing(bootstrap: str, foreign: Foreign, done: Imported) -> Outgoing:
    fetched = fetch(bootstrap, foreign.topic, foreign.partition, foreign.offset) if foreign.pointer_only else None
    done.fetched += fetched is not None
    done.gone += foreign.pointer_only and fetched is None
    letter = as_letter(foreign, fetched)
    return Outgoing(letter.topic, letter.key, letter.value, letter.headers, foreign.partition % ACCOUNT_PARTITIONS)


def fetch(bootstrap: str, topic: str, partition: int, offset: int) -> Original | None:
    """One record from where it first was; None where it is there no more. Raises KafkaException."""
    consumer = open_consumer(bootstrap, "meshline.import.fetch")
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10.0) or (0, 0)
        if not low <= offset < high:
            return None
        consumer.assign([TopicPartition(topic, partition, offset)])
        message = consumer.poll(_WAIT_S)
        if message is None or message.error() is not None or message.offset() != offset:
            return None
        return Original.of(message)
    finally:
        consumer.close()
