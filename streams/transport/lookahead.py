"""Where partitions end: what librdkafka knows already, and now and then what the broker says.

librdkafka learns the end of a partition from its own fetches. One that it does not fetch (a lost fetch request, a pause
that nobody ended) would look idle for ever, so partitions that look idle are asked about, one at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from streams.transport.partition import Partition
from streams.transport.types import TP

log = logging.getLogger("mesh.transport")

EVERY = 1.0  #: seconds between two looks
PATIENCE = 1.0  #: seconds that one question to the broker may take


class LookAhead:
    """Keeps `highwater` of each partition, and where the group stood before. On the consumer's thread."""

    def __init__(self, consumer: Any, partitions: Mapping[TP, Partition], ask_after: float) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._ask_after = ask_after
        self._looked = 0.0
        self._asked: dict[Partition, float] = {}

    def look(self, now: float) -> None:
        if now - self._looked < EVERY:
            return
        self._looked = now
        for partition in self._partitions.values():
            _, high = self._consumer.get_watermark_offsets(TopicPartition(*partition.tp), cached=True)
            if high >= 0:
                partition.highwater = max(high, partition.highwater or 0)
        self._ask(now)

    def _ask(self, now: float) -> None:
        """Ask about the partition that has looked idle for longest without a question."""
        idle = [p for p in self._partitions.values() if not p.progress().lag]
        self._asked = {p: self._asked.get(p, now) for p in idle}
        due = [p for p in idle if now - self._asked[p] >= self._ask_after]
        if due:
            chosen = min(due, key=self._asked.__getitem__)
            self._asked[chosen] = now
            try:
                self._ask_about(chosen)
            except KafkaException as exc:
                log.debug("the end of %s is not known: %s", chosen.tp, exc.args[0].str())

    def _ask_about(self, partition: Partition) -> None:
        place = TopicPartition(*partition.tp)
        low, high = self._consumer.get_watermark_offsets(place, timeout=PATIENCE)
        if partition.position is None or partition.committed is None:
            committed = self._consumer.committed([place], timeout=PATIENCE)[0].offset
            if partition.position is None:
                partition.position = max(low, committed)
            if partition.committed is None and committed >= 0:
                partition.committed = committed
        partition.highwater = high
