"""Topics read once, from their beginnings to where they end now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition


def read_to_the_end(
    bootstrap: str, group: str, topics: Sequence[str], patience_s: float = 15.0, *, missing_ok: bool = False
) -> Iterator[Any]:
    """Every committed record of the topics. `missing_ok`: a topic that does not exist has none.

    Partitions are assigned and nothing is committed: `group` is only a name in the broker's logs. Raises KafkaException
    when the broker does not answer, or has no such topic.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    try:
        known = consumer.list_topics(timeout=patience_s).topics
        if not missing_ok and any(name not in known for name in topics):
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        unread = {(name, number) for name in topics for number in getattr(known.get(name), "partitions", ())}
        consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for name, number in unread])
        while unread:
            first = consumer.poll(patience_s)
            if first is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            for message in (first, *consumer.consume(1000, 0)):  # with a timeout it would wait until it has them all
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard((message.topic(), message.partition()))
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
