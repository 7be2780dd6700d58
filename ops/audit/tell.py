"""The audit's second copy: entries on their topic, and reading them back."""

from __future__ import annotations

from collections import defaultdict

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.audit.store import mark_told, read_all, read_head
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import AuditEntry
from schemas.topics import AUDIT
from streams.letters.outbox import Outbox, Outgoing

_BATCH = 500


async def tell(database: AsyncEngine, outbox: Outbox, codec: Codec, topic: str = AUDIT.name) -> int:
    """Send what the topic has not yet; how many. A crash in between sends them again, which changes nothing.

    Raises NotDelivered, RegistryUnavailable.
    """
    async with database.begin() as connection:
        _, told = await read_head(connection)
        fresh = await read_all(connection, told, _BATCH)
    await outbox.send_all([_outgoing(entry, codec, topic) for entry in fresh])
    if fresh:
        async with database.begin() as connection:
            await mark_told(connection, fresh[-1].seq)
    return len(fresh)


def read_copies(bootstrap: str, codec: Codec, topic: str = AUDIT.name, timeout_s: float = 15.0) -> dict[int, set[str]]:
    """Number -> hashes of every entry on the topic. Raises KafkaException. What is no entry counts as number 0."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "meshline.audit",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    copies: dict[int, set[str]] = defaultdict(set)
    try:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        while True:
            messages = consumer.consume(1000, timeout_s)
            if not messages:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            for message in messages:
                error = message.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    return dict(copies)
                if error is not None:
                    raise KafkaException(error)
                try:
                    entry = codec.read(message.value(), AuditEntry)
                    copies[entry.seq].add(entry.hash)
                except (Undecodable, ContractViolation):
                    copies[0].add(f"offset {message.offset()}")
    finally:
        consumer.close()


def _outgoing(entry: AuditEntry, codec: Codec, topic: str) -> Outgoing:
    return Outgoing(topic, str(entry.seq).encode(), codec.encode(AUDIT, entry), (), 0)
