"""What comes out of the consumer: messages by partition, ends of partitions, errors.

`poll` waits for the first message and returns with it at once; `consume(n, linger)` then takes what else is there. So
an idle line delivers a message the moment it comes, and a busy one delivers large batches; a linger makes them larger.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError

from streams.transport.errors import ConsumptionFailed
from streams.transport.partition import Partition, size_of
from streams.transport.types import TP, Message

log = logging.getLogger("mesh.transport")

#: Errors of a partition after which its messages would be missing if we went on.
UNREADABLE = frozenset(
    {
        KafkaError._BAD_MSG,
        KafkaError._BAD_COMPRESSION,
        KafkaError._UNDERFLOW,
        KafkaError._AUTO_OFFSET_RESET,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.OFFSET_OUT_OF_RANGE,
    }
)


class Fetcher:
    """Reads for the partitions that are owned now. On the consumer's thread."""

    def __init__(self, consumer: Any, partitions: Mapping[TP, Partition], linger: float = 0.0) -> None:
        """`linger`: seconds for which more is waited for once something is there."""
        self._consumer = consumer
        self._partitions = partitions
        self._linger = linger

    def fetch(self, most: int, timeout: float) -> list[Message]:
        """Messages that are there, or the next one to come; [] after the timeout. Raises ConsumptionFailed."""
        first = self._consumer.poll(timeout)
        if first is None:
            return []
        if most == 1:
            return [] if self._is_error(first) else [first]
        place: Any = (first.topic(), first.partition())
        owner = self._partitions.get(place)
        messages = self._consumer.consume(most - 1, self._linger)
        if self._partitions.get(place) is owner:  # else a rebalance came between the two, and it is read again
            messages.insert(0, first)
        if any(m.error() is not None for m in messages):
            return [m for m in messages if not self._is_error(m)]
        return messages  # type: ignore[no-any-return]

    def _is_error(self, message: Any) -> bool:
        error = message.error()
        if error is None:
            return False
        if error.code() == KafkaError._PARTITION_EOF:
            self._reached_end(message)
        elif error.fatal():
            raise ConsumptionFailed(f"fatal consumer error: {error.str()}")
        elif error.code() in UNREADABLE:
            place = f"{message.topic()}[{message.partition()}] at offset {message.offset()}"
            raise ConsumptionFailed(f"{place} cannot be read, and must not be passed over: {error.str()}")
        else:
            log.warning("consumer: %s", error.str())
        return True

    def _reached_end(self, message: Any) -> None:
        place: Any = (message.topic(), message.partition())
        partition = self._partitions.get(place)
        if partition is not None and message.offset() >= partition.fetched_to:
            partition.position = message.offset()

    def group(self, messages: list[Message]) -> dict[Partition, list[Message]]:
        """Messages by partition, in order; those of partitions that we no longer own are left out."""
        by_place: dict[Any, list[Message]] = {}
        for message in messages:
            place = (message.topic(), message.partition())
            group = by_place.get(place)
            if group is None:
                by_place[place] = [message]
            else:
                group.append(message)
        groups = {}
        for place, group in by_place.items():
            partition = self._partitions.get(place)
            if partition is not None:
                self._enter(partition, group)
                groups[partition] = group
        return groups

    @staticmethod
    def _enter(partition: Partition, group: list[Message]) -> None:
        """Offsets that go back (a topic made anew, an unclean election) would carry the watermark back or past work."""
        first = group[0].offset() or 0
        if first < partition.fetched_to:
            raise ConsumptionFailed(f"offsets of {partition.tp} went back from {partition.fetched_to} to {first}")
        partition.fetched_to = (group[-1].offset() or 0) + 1
        partition.position = max(partition.fetched_to, partition.position or 0)  # the end may have been told already
        partition.fetched += len(group)
        partition.fetched_bytes += size_of(group)
