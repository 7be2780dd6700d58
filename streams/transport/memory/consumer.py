"""The consuming side."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.transport.memory.message import MemoryMessage
from streams.transport.types import TP

if TYPE_CHECKING:
    from streams.transport.memory.log import MemoryLog


class MemoryConsumer:
    """The only member of its group."""

    def __init__(self, log: MemoryLog, config: dict[str, Any]) -> None:
        self._log = log
        self._offsets = log.committed[config["group.id"]]
        self._on_commit = config.get("on_commit")
        self._events: deque[Callable[[], None]] = deque()
        self._positions: dict[TP, int] = {}
        self._paused: set[TP] = set()
        self._callbacks: dict[str, Any] = {}
        self._expelled = False
        self.polls = 0

    def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        self._callbacks = callbacks
        self._events.append(lambda: self._assign([tp for tp in self._log.records if tp.topic in topics]))

    def rebalance(self, tps: Sequence[TP], *, lost: bool = False, give_back: bool = True) -> None:
        """At the next poll take partitions away, as if another member had come, and give them back."""
        self._events.append(lambda: self._revoke(tps, "on_lost" if lost else "on_revoke"))
        if give_back:
            self._events.append(lambda: self._assign(tps))

    def _assign(self, tps: Sequence[TP]) -> None:
        self._positions.update({tp: self._offsets.get(tp, 0) for tp in tps})
        self._callbacks["on_assign"](self, [TopicPartition(*tp) for tp in tps])

    def _revoke(self, tps: Sequence[TP], callback: str) -> None:
        self._callbacks[callback](self, [TopicPartition(*tp) for tp in tps])
        for tp in tps:
            self._positions.pop(tp, None)
            self._paused.discard(tp)

    def poll(self, timeout: float) -> MemoryMessage | None:
        deadline = time.monotonic() + timeout
        while True:
            self.polls += 1
            if self._events:
                self._events.popleft()()
                return None
            messages = self.consume(1, 0)
            if messages or time.monotonic() >= deadline:
                return messages[0] if messages else None
            time.sleep(0.001)

    def consume(self, most: int, _timeout: float) -> list[MemoryMessage]:
        self._log.maybe_fail("consume")
        messages: list[MemoryMessage] = []
        with self._log.lock:
            for tp, position in self._positions.items():
                if tp not in self._paused:
                    found = self._log.records[tp][position : position + most - len(messages)]
                    self._positions[tp] += len(found)
                    messages += [record for record in found if record is not None]
        return messages

    def give(self, tps: Sequence[TP]) -> None:
        """At the next poll assign these, too."""
        self._events.append(lambda: self._assign([tp for tp in tps if tp not in self._positions]))

    def expel(self, *, told: bool = False) -> None:
        """The group does without this member from now on: what it commits is refused. `told`: at its next poll."""
        self._expelled = True
        lost = list(self._positions)
        self._positions.clear()
        self._events.clear()
        if told:
            self._events.append(lambda: self._revoke(lost, "on_lost"))

    @property
    def owned(self) -> list[TP]:
        return list(self._positions)

    def memberid(self) -> str | None:
        return None if self._expelled else f"member-{id(self)}"

    def committed(self, places: list[TopicPartition], **_: Any) -> list[TopicPartition]:
        return [
            TopicPartition(p.topic, p.partition, self._offsets.get(TP(p.topic, p.partition), -1001)) for p in places
        ]

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        self._log.maybe_fail("commit")
        if self._expelled:
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_MEMBER_ID))
        self._offsets.update({TP(o.topic, o.partition): o.offset for o in offsets})
        if asynchronous and self._on_commit is not None:
            report = self._on_commit
            self._events.append(lambda: report(None, offsets))
        return offsets

    def pause(self, partitions: list[TopicPartition]) -> None:
        self._paused.update(TP(p.topic, p.partition) for p in partitions)

    def resume(self, partitions: list[TopicPartition]) -> None:
        self._paused.difference_update(TP(p.topic, p.partition) for p in partitions)

    def seek(self, to: TopicPartition) -> None:
        self._positions[TP(to.topic, to.partition)] = to.offset

    def get_watermark_offsets(self, tp: TopicPartition, **_: Any) -> tuple[int, int]:
        return (0, len(self._log.records[TP(tp.topic, tp.partition)]))

    def consumer_group_metadata(self) -> tuple[MemoryConsumer, bool]:
        """This consumer, and whether the metadata names a member: the broker checks those only."""
        return self, not self._expelled

    def check(self, *, named: bool) -> None:
        """Refuse a named member that is none any more."""
        if named and self._expelled:
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_MEMBER_ID, txn_requires_abort=True))

    def accept(self, offsets: list[TopicPartition]) -> None:
        """What a transaction commits."""
        self._offsets.update({TP(o.topic, o.partition): o.offset for o in offsets})

    def close(self) -> None:
        if self._positions:
            self._revoke(list(self._positions), "on_revoke")
