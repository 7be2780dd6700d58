"""Reads what became of events, from where a job was made; and how far the line is behind its live events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from ops.cases.worker import ends_of, open_consumer
from ops.replay.ends import TOPICS, Sign, sign_of
from schemas.codec import Codec
from schemas.topics import BY_NAME, CLEAN, COMMAND

_BATCH = 1000
_PLACES = [(name, number) for name in TOPICS for number in range(BY_NAME[name].partitions)]


def _name(topic: str, partition: int) -> str:
    return f"{topic}/{partition}"


async def ends_now(bootstrap: str) -> dict[str, int]:
    """Where the topics of ends end now. Raises KafkaException."""
    ends = await asyncio.to_thread(ends_of, bootstrap, _PLACES)
    return {_name(*place): offset for place, offset in ends.items()}


class Watch:
    """Signs since some positions, each once. `positions` is from where the next process would read on."""

    def __init__(self, bootstrap: str, group: str, codec: Codec) -> None:
        self.positions: dict[str, int] = {}
        self._codec = codec
        self._consumer: Consumer = open_consumer(bootstrap, group)

    def begin(self, positions: Mapping[str, int]) -> None:
        """Read from there on."""
        self.positions = dict(positions)
        start = [TopicPartition(topic, part, positions.get(_name(topic, part), 0)) for topic, part in _PLACES]
        self._consumer.assign(start)

    def close(self) -> None:
        self._consumer.close()

    async def look(self, wait_s: float) -> list[Sign]:
        """What came meanwhile. Raises KafkaException, RegistryUnavailable."""
        messages = await asyncio.to_thread(self._consumer.consume, _BATCH, wait_s)
        signs = []
        for message in messages:
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    continue
                raise KafkaException(error)
            sign = await asyncio.to_thread(sign_of, message, self._codec)
            if sign is not None:
                signs.append(sign)
            self.positions[_name(message.topic() or "", message.partition() or 0)] = (message.offset() or 0) + 1
        return signs


class Lag:
    """Live events and commands that wait: of the topics that workers read, apart from what is sent again."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._read: Sequence[tuple[Any, list[tuple[str, int]]]] = [
            (self._committed_of(f"{group}.streams"), _places(tuple(topic.name for topic in CLEAN))),
            (self._committed_of(f"{group}.sinks"), _places(tuple(topic.name for topic in COMMAND.values()))),
        ]

    def _committed_of(self, group: str) -> Consumer:
        return open_consumer(self._bootstrap, group)  # it asks for the group's offsets and never joins

    def close(self) -> None:
        for consumer, _ in self._read:
            consumer.close()

    def count(self) -> int:
        """Records between what was committed and the ends; 0 of a partition that nobody has read yet."""
        waiting = 0
        for consumer, places in self._read:
            ends = ends_of(self._bootstrap, places)
            for one in consumer.committed([TopicPartition(*place) for place in places], timeout=10.0):
                if one.offset >= 0:
                    waiting += max(0, ends[one.topic, one.partition] - one.offset)
        return waiting


def _places(topics: Sequence[str]) -> list[tuple[str, int]]:
    return [(name, number) for name in topics for number in range(BY_NAME[name].partitions)]
