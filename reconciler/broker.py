"""Reading topics from chosen positions: partitions are assigned, no consumer group keeps our offsets.

The reconciler's positions belong to its state and are stored with it; a group's commit could only be earlier or later.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from reconciler.errors import BrokerUnavailable, ReadFailed, TopicMissing
from reconciler.rows import Feed

#: librdkafka's own lines go to this logger.
_LOG = logging.getLogger("reconciler.broker")
_LOG.addHandler(logging.NullHandler())  # silent on a command line, where no logs are configured
_PATIENCE_S = 5.0


class Reader:
    """A consumer of committed records over all partitions of some topics."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._bootstrap = bootstrap
        # `group` appears in the broker's logs and quotas only.
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            },
            logger=_LOG,
        )
        self._admin = AdminClient({"bootstrap.servers": bootstrap}, logger=_LOG)

    def partitions(self, topics: Iterable[str]) -> list[Feed]:
        """Every partition of the topics. Raises BrokerUnavailable, TopicMissing."""
        try:
            known = self._consumer.list_topics(timeout=_PATIENCE_S).topics
        except KafkaException as error:
            raise BrokerUnavailable(
                f"Kafka at {self._bootstrap} does not answer ({error.args[0].str()}): "
                "run `meshline up`, or check MESHLINE_BOOTSTRAP"
            ) from error
        wanted = list(topics)
        missing = [name for name in wanted if name not in known]
        if missing:
            raise TopicMissing(f"not on the broker: {', '.join(missing)}. Run `meshline topics apply`")
        return [Feed(name, partition) for name in wanted for partition in sorted(known[name].partitions)]

    def start(self, positions: Mapping[Feed, int | None]) -> None:
        """Read on from these offsets, None: from the beginning."""
        self._consumer.assign(
            [
                TopicPartition(feed.topic, feed.partition, OFFSET_BEGINNING if offset is None else offset)
                for feed, offset in positions.items()
            ]
        )

    def read(self, limit: int, timeout_s: float) -> tuple[list[Any], dict[Feed, int]]:
        """Messages, and the feeds that were read to their end with the offset reached there. Raises ReadFailed."""
        messages: list[Any] = []
        ends: dict[Feed, int] = {}
        try:
            fetched = self._consumer.consume(limit, timeout_s)
        except KafkaException as error:
            raise ReadFailed(f"reading failed: {error}") from error
        for message in fetched:
            feed = Feed(message.topic() or "", message.partition() or 0)
            problem = message.error()
            if problem is None:
                messages.append(message)
                ends.pop(feed, None)
            elif problem.code() == KafkaError._PARTITION_EOF:
                ends[feed] = message.offset() or 0
            elif problem.fatal() or not _passes(problem):
                raise ReadFailed(f"reading {feed.topic} failed: {problem.str()}")
        return messages, ends

    def ends(self, feeds: Iterable[Feed]) -> dict[Feed, int] | None:
        """Where each feed ends now, for readers of committed records; None when the broker does not answer."""
        latest: Any = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(feed.topic, feed.partition): latest for feed in feeds}
        try:
            answers = self._admin.list_offsets(
                asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=_PATIENCE_S
            )
            return {Feed(one.topic, one.partition): future.result().offset for one, future in answers.items()}
        except KafkaException as error:
            _LOG.warning("the broker did not tell where its topics end: %s", error)
            return None

    def close(self) -> None:
        self._consumer.close()


def _passes(error: Any) -> bool:
    """Whether the client goes on by itself: the broker is away for a while."""
    passing = (
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TRANSPORT,
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT,
        KafkaError._MAX_POLL_EXCEEDED,
    )
    return bool(error.retriable()) or error.code() in passing
