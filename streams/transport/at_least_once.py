"""At least once: outputs first, then the offset.

    fetch ─▶ agents emit ─▶ broker acknowledges ─▶ watermark moves ─▶ commit every `commit_interval`
                                                                        └ and synchronously on revoke and stop

A worker that dies repeats what was finished since its last commit, and loses nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from streams.transport.consuming import ConsumerThread
from streams.transport.options import EngineOptions
from streams.transport.partition import Partition
from streams.transport.types import TP, Message

log = logging.getLogger("mesh.transport")


class AtLeastOnce:
    """Commits watermarks. All on the consumer's thread."""

    def __init__(self, options: EngineOptions) -> None:
        self.fetch_size = options.batch_size
        self._interval = options.commit_interval
        self._due = 0.0
        self._thread: ConsumerThread

    def begin(self, thread: ConsumerThread) -> None:
        self._thread = thread

    def hand_over(self, groups: dict[Partition, list[Message]]) -> None:
        self._thread.post(self._thread.loopside.on_messages, groups)

    def carried(self) -> list[Message]:
        return []

    def tick(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + self._interval
            offsets = self._offsets(self._thread.partitions.values())
            if offsets:
                try:
                    self._thread.consumer.commit(offsets=offsets, asynchronous=True)
                except KafkaException as exc:
                    self.on_commit(exc.args[0], offsets)

    def on_commit(self, error: Any, offsets: list[TopicPartition]) -> None:
        """librdkafka tells how a commit went; one that failed (a rebalance is going on) is due again."""
        if error is not None:
            log.info("commit refused, will be repeated: %s", error.str())
            return
        for offset in offsets:
            partition = self._thread.partitions.get(TP(offset.topic, offset.partition))
            if partition is not None and offset.error is None:
                partition.committed = offset.offset

    def commit_now(self) -> bool:
        """Commit synchronously; False when there is nothing new."""
        return self._commit(self._thread.partitions.values())

    def _commit(self, partitions: Iterable[Partition]) -> bool:
        offsets = self._offsets(partitions)
        if offsets:
            self.on_commit(None, self._thread.consumer.commit(offsets=offsets, asynchronous=False))
        return bool(offsets)

    def before_revoke(self, partitions: list[Partition]) -> None: ...

    def after_release(self, partitions: list[Partition]) -> None:
        try:
            self._commit(partitions)
        except KafkaException as exc:
            log.warning("commit on revoke refused, the new owner repeats some events: %s", exc.args[0].str())

    def lost(self, partitions: list[Partition]) -> None: ...

    def end(self) -> None:
        try:
            self.commit_now()
        except KafkaException as exc:
            log.warning("last commit refused, some events will be read again: %s", exc.args[0].str())

    @staticmethod
    def _offsets(partitions: Iterable[Partition]) -> list[TopicPartition]:
        return [
            TopicPartition(p.tp.topic, p.tp.partition, offset)
            for p in partitions
            if (offset := p.to_commit()) is not None
        ]
