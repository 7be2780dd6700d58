"""The producing side, with transactions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.transport.memory.consumer import MemoryConsumer
from streams.transport.memory.message import MemoryMessage
from streams.transport.types import TP

if TYPE_CHECKING:
    from streams.transport.memory.log import MemoryLog


class MemoryProducer:
    """Reports delivery at the next poll."""

    def __init__(self, log: MemoryLog, config: dict[str, Any]) -> None:
        self._log = log
        self._name: str | None = config.get("transactional.id")
        self._open: list[tuple[Any, ...]] | None = None
        self._offsets: tuple[MemoryConsumer, list[TopicPartition]] | None = None
        self._queue: deque[tuple[tuple[Any, ...], Any]] = deque()
        self.calls: list[str] = []

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int = -1,
        report: Callable[[Any, MemoryMessage], None] | None = None,
        **extra: Any,
    ) -> None:
        self._log.maybe_fail("produce")
        record = (topic, value, key, max(0, partition), extra)  # everything without a place goes to the first
        if self._name is None:
            self._queue.append((record, report))
        elif self._open is None:
            raise RuntimeError("produce() outside a transaction")
        else:
            self._open.append(record)
            if report is not None:
                self._queue.append((record, report))

    def poll(self, _timeout: float = 0) -> int:
        """Deliver what is queued, and report it."""
        error = None
        try:
            self._log.maybe_fail("delivery")
        except KafkaException as exc:
            error = exc.args[0]
        while self._queue:
            (topic, value, key, partition, extra), report = self._queue.popleft()
            if error is None and self._name is None:
                self._log.append(topic, value, key, partition, **extra)
            if report is not None:
                report(error, MemoryMessage(TP(topic, partition), 0, key, value, extra))
        return 0

    def purge(self) -> None:
        """What was not sent is dropped."""
        self._open = None

    def flush(self, _timeout: float = 0) -> int:
        return self.poll()

    def __len__(self) -> int:
        return len(self._queue)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name == "init_transactions":
            self._log.owners[self._name] = self
        if self._log.owners.get(self._name) is not self:
            raise KafkaException(KafkaError(KafkaError._FENCED, fatal=True))
        self._log.maybe_fail(name)

    def init_transactions(self, _timeout: float) -> None:
        self._call("init_transactions")

    def begin_transaction(self) -> None:
        self._call("begin_transaction")
        if self._open is not None:
            raise RuntimeError("begin_transaction() inside a transaction")
        self._open, self._offsets = [], None

    def send_offsets_to_transaction(
        self, offsets: list[TopicPartition], group: tuple[MemoryConsumer, bool], _timeout: float
    ) -> None:
        self._call("send_offsets_to_transaction")
        consumer, named = group
        consumer.check(named=named)
        self._offsets = (consumer, offsets)

    def commit_transaction(self, _timeout: float) -> None:
        self._call("commit_transaction")
        with self._log.lock:
            for topic, value, key, partition, extra in self._open or ():
                self._log.append(topic, value, key, partition, **extra)
            for place in {(topic, partition) for topic, _, _, partition, _ in self._open or ()}:
                self._log.skip(*place)  # the transaction's marker
            if self._offsets is not None:
                self._offsets[0].accept(self._offsets[1])
        self._open = None
        self.poll()
        self._log.maybe_fail("commit_transaction, done")  # the broker's answer gets lost

    def abort_transaction(self, _timeout: float) -> None:
        self._call("abort_transaction")
        self._open = None
