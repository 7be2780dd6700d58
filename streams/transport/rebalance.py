"""Rebalances, on the consumer's thread.

assigned   fresh `Partition` objects; librdkafka starts at the committed offset
revoked    hand out no more, wait for what agents hold, commit synchronously, then let go
lost       somebody else owns them already: drop everything, commit nothing
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from streams.transport.partition import Partition
from streams.transport.types import TP

if TYPE_CHECKING:
    from streams.transport.consuming import ConsumerThread

log = logging.getLogger("mesh.transport")


class Revocable(Protocol):
    """What the two guarantees do about a rebalance."""

    def before_revoke(self, partitions: list[Partition]) -> None:
        """The partitions are about to go; agents still work on them."""

    def after_release(self, partitions: list[Partition]) -> None:
        """Agents have finished, or their time is over."""

    def lost(self, partitions: list[Partition]) -> None:
        """The partitions are gone."""


class Rebalance:
    """The three callbacks of a subscription."""

    def __init__(self, thread: ConsumerThread, discipline: Revocable) -> None:
        self._thread = thread
        self._discipline = discipline

    def subscribe(self, consumer: Any, topics: list[str]) -> None:
        consumer.subscribe(topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)

    def _on_assign(self, _consumer: Any, places: list[Any]) -> None:
        self._thread.joined = True
        partitions = [Partition(TP(p.topic, p.partition)) for p in places]
        for partition in partitions:
            self._thread.partitions[partition.tp] = partition
        self._thread.post(self._thread.loopside.on_assigned, partitions)

    def _on_revoke(self, _consumer: Any, places: list[Any]) -> None:
        thread, partitions = self._thread, self._owned(places)
        timeout = thread.options.drain_timeout
        try:
            self._discipline.before_revoke(partitions)
            thread.ask(thread.loopside.let_go(partitions, timeout), timeout + 5)
            self._discipline.after_release(partitions)
        except Exception as exc:  # a callback must not raise into librdkafka
            log.warning("revoking %s: %s: %s", self._names(partitions), type(exc).__name__, exc)
            thread.fail(exc)
        self._forget(partitions)

    def _on_lost(self, _consumer: Any, places: list[Any]) -> None:
        partitions = self._owned(places)
        log.warning("partitions lost, others read them again: %s", self._names(partitions))
        self._thread.joined = False
        self._discipline.lost(partitions)
        self._forget(partitions)

    def _owned(self, places: list[Any]) -> list[Partition]:
        tps = [TP(p.topic, p.partition) for p in places]
        return [self._thread.partitions[tp] for tp in tps if tp in self._thread.partitions]

    def _forget(self, partitions: list[Partition]) -> None:
        # by place: a cycle undone in the callback has put a fresh object there
        gone = [self._thread.partitions.pop(p.tp) for p in partitions if p.tp in self._thread.partitions]
        self._thread.post(self._thread.loopside.close, gone)

    @staticmethod
    def _names(partitions: list[Partition]) -> str:
        return ", ".join(str(p.tp) for p in partitions)
