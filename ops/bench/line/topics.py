"""Topics of a run: made, filled, measured, read, removed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import admin as kafka_admin
from confluent_kafka.admin import AdminClient

from ops.bench.line.errors import RunFailed

_TIMEOUT = 30.0
_EARLY = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)


_NewTopic: Any = kafka_admin.NewTopic  # type: ignore[attr-defined]
_LATEST: Any = kafka_admin.OffsetSpec.latest()  # type: ignore[attr-defined,no-untyped-call]


def _at_end(message: Any) -> bool:
    return bool(message.error().code() == KafkaError._PARTITION_EOF)


class Topics:
    """One cluster's topics. Names begin with `prefix`, so that what is left over can be told."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
        self._made: set[str] = set()

    def make(self, names: Iterable[str], partitions: int, config: Mapping[str, str] | None = None) -> None:
        """New topics, with a leader each when this returns. Raises KafkaException."""
        names = list(names)
        config = {"retention.ms": "-1", "max.message.bytes": str(2 * 1024 * 1024), **(config or {})}
        made = self._admin.create_topics([_NewTopic(name, partitions, 1, config=config) for name in names])
        for name, future in made.items():
            future.result(_TIMEOUT)
            self._made.add(name)
        deadline = time.monotonic() + _TIMEOUT
        while not all(self._has_leaders(name, partitions) for name in names):
            if time.monotonic() > deadline:
                raise RunFailed(f"no leader for {', '.join(names)}")
            time.sleep(0.05)

    def _has_leaders(self, name: str, partitions: int) -> bool:
        found = self._admin.list_topics(name, timeout=_TIMEOUT).topics[name].partitions
        return len(found) == partitions and all(p.leader >= 0 for p in found.values())

    def remove(self, names: Iterable[str]) -> None:
        names = [name for name in names if name in self._made]
        for name, future in self._admin.delete_topics(names, operation_timeout=_TIMEOUT).items() if names else ():
            try:
                future.result(_TIMEOUT)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
            self._made.discard(name)

    def remove_all(self) -> None:
        self.remove(list(self._made))

    @contextmanager
    def lent(self, names: Sequence[str], partitions: int, config: Mapping[str, str] | None = None) -> Iterator[None]:
        """Topics for as long as the block runs."""
        self.make(names, partitions, config)
        try:
            yield
        finally:
            self.remove(names)

    def fill(self, name: str, partitions: int, messages: Iterable[tuple[bytes, bytes]]) -> None:
        """Write the messages round-robin over the partitions, by the key's number where keys are few."""
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "linger.ms": 20,
                "queue.buffering.max.messages": 200_000,
                "queue.buffering.max.kbytes": 262_144,
                "batch.size": 500_000,
                "log_level": 3,  # that a coordinator is still loading is no news
            }
        )
        produce = producer.produce
        for key, value in messages:
            while True:
                try:
                    produce(name, value, key, int(key) % partitions)
                    break
                except BufferError:
                    producer.poll(0.05)
        if producer.flush(120):
            raise RunFailed(f"{name} could not be filled")

    def ends(self, names: Sequence[str], partitions: int, *, committed: bool = False) -> int:
        """The sum of the topics' end offsets: of all that is written, or only of what is committed."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        asked = {TopicPartition(name, p): _LATEST for name in names for p in range(partitions)}
        deadline = time.monotonic() + _TIMEOUT
        while True:
            answers = self._admin.list_offsets(asked, isolation_level=level, request_timeout=_TIMEOUT)
            try:
                return sum(future.result(_TIMEOUT).offset for future in answers.values())
            except KafkaException as error:  # of a topic just made the client may ask the wrong broker, or too early
                if error.args[0].code() not in _EARLY or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def forget_group(self, group: str) -> None:
        """Remove a group's offsets, if it is there."""
        for future in self._admin.delete_consumer_groups([group]).values():
            try:
                future.result(_TIMEOUT)
            except KafkaException:
                continue

    def read(self, names: Sequence[str], partitions: int) -> Iterator[list[Any]]:
        """All committed messages of the topics, in chunks, until their ends as of now. Raises RunFailed."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"{self.prefix}.observer",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.queue.backoff.ms": 5,
                "queued.min.messages": 200_000,
            }
        )
        places = [TopicPartition(name, p, 0) for name in names for p in range(partitions)]
        consumer.assign(places)
        left = len(places)
        deadline = time.monotonic() + 120
        try:
            while left:
                if time.monotonic() > deadline:
                    raise RunFailed("the outputs could not be read to their ends")
                polled = consumer.consume(10_000, 0.05)
                ended = [m for m in polled if m.error() is not None]
                left -= sum(_at_end(m) for m in ended)
                yield [m for m in polled if m.error() is None] if ended else polled
        finally:
            consumer.close()
