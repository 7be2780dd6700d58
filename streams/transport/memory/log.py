"""Topics, committed offsets, and failures to come."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

from streams.transport.memory.consumer import MemoryConsumer
from streams.transport.memory.message import MemoryMessage
from streams.transport.memory.producer import MemoryProducer
from streams.transport.types import TP


class MemoryLog:
    """Topics, and the committed offsets of groups."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        self.lock = threading.RLock()
        #: by offset; None: there is an offset, but no record (a transaction's marker, or compacted away)
        self.records: dict[TP, list[MemoryMessage | None]] = {TP(t, i): [] for t, n in topics.items() for i in range(n)}
        self.committed: dict[str, dict[TP, int]] = defaultdict(dict)
        self.consumers: list[MemoryConsumer] = []
        self.producers: list[MemoryProducer] = []
        self.owners: dict[str | None, MemoryProducer] = {}  #: of transactional ids; all others are fenced
        self._failures: dict[str, deque[Exception]] = defaultdict(deque)

    def consumer(self, config: dict[str, Any]) -> MemoryConsumer:
        self.consumers.append(MemoryConsumer(self, config))
        return self.consumers[-1]

    def producer(self, config: dict[str, Any]) -> MemoryProducer:
        self.producers.append(MemoryProducer(self, config))
        return self.producers[-1]

    def append(
        self, topic: str, value: bytes | None, key: bytes | None = None, partition: int = 0, **extra: Any
    ) -> None:
        with self.lock:
            records = self.records[TP(topic, partition)]
            records.append(MemoryMessage(TP(topic, partition), len(records), key, value, extra))

    def skip(self, topic: str, partition: int = 0) -> None:
        """An offset without a record."""
        with self.lock:
            self.records[TP(topic, partition)].append(None)

    def values(self, topic: str) -> list[bytes | None]:
        """Everything in the topic, partition by partition."""
        with self.lock:
            mine = [records for tp, records in sorted(self.records.items()) if tp.topic == topic]
            return [record.value() for records in mine for record in records if record is not None]

    def heal(self) -> None:
        """No more failures."""
        self._failures.clear()

    def fail_next(self, call: str, failure: Exception) -> None:
        self._failures[call].append(failure)

    def maybe_fail(self, call: str) -> None:
        if self._failures[call]:
            raise self._failures[call].popleft()
