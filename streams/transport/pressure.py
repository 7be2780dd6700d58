"""Back-pressure: how much is fetched and not finished, in messages and bytes, is bounded.

Each assigned partition has an even share of the bounds. A full partition is waited for; when that takes longer than
`pause_after` it is paused, so that a stuck one holds back nobody else, and polling goes on
(`max.poll.interval.ms`). Pausing at once would be wasteful: librdkafka throws away what it has prefetched.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from confluent_kafka import TopicPartition

from streams.transport.partition import Partition

if TYPE_CHECKING:
    from streams.transport.consuming import ConsumerThread


class Valve:
    """Decides before each poll whether to fetch. Lives on the consumer's thread."""

    def __init__(self, thread: ConsumerThread) -> None:
        self._thread = thread

    def closed(self) -> bool:
        """Wait while a partition is full. True: the thread is wanted elsewhere before there is room."""
        self._resume_drained()
        thread = self._thread
        deadline = time.monotonic() + thread.options.pause_after
        while self._full():
            thread.loopside.released.clear()
            if not self._full():  # it may have drained just before the event was cleared
                return False
            if thread.wanted:
                return True
            if time.monotonic() > deadline:
                self.set_paused(self._full(), True)
                return False
            thread.loopside.released.wait(0.05)
        return False

    def set_paused(self, partitions: Iterable[Partition], paused: bool) -> None:
        chosen = [p for p in partitions if p.paused is not paused]
        if chosen:
            change = self._thread.consumer.pause if paused else self._thread.consumer.resume
            change([TopicPartition(*p.tp) for p in chosen])
            for partition in chosen:
                partition.paused = paused

    def _share(self) -> tuple[int, int]:
        options, among = self._thread.options, max(1, len(self._thread.partitions))
        return max(1, options.buffer_messages // among), max(1, options.buffer_bytes // among)

    def _full(self) -> list[Partition]:
        messages, size = self._share()
        return [
            p
            for p in self._thread.partitions.values()
            if not p.paused and (p.unfinished >= messages or p.unfinished_bytes >= size)
        ]

    def _resume_drained(self) -> None:
        messages, size = self._share()
        drained = [p for p in self.due() if p.unfinished <= messages // 2 and p.unfinished_bytes <= size // 2]
        self.set_paused(drained, False)

    def due(self) -> list[Partition]:
        """Those that are paused, and not because a record of theirs was postponed."""
        paused = [p for p in self._thread.partitions.values() if p.paused]
        if not any(p.waiting for p in paused):
            return paused
        now = self._thread.clock()
        return [p for p in paused if p.waiting is None or not p.waiting.rests(now)]
