"""Exactly once from topic to topic: one Kafka transaction per cycle.

    idle ─poll─▶ begin ─▶ hand over all that was polled ─▶ wait until agents are through
      ▲                                                         │
      │         commit ◀─ send offsets with the group's metadata┤ all finished
      ├────────────┘                                            │
      │                                                         │ revoked or lost meanwhile, or an abortable error
      ├── seek back to the cycle's start ◀─ abort ◀─────────────┘
      │
     stop ◀─ abort ◀─ an agent failed, fatal or fenced, or too many aborts in a row

Nothing of the next cycle is handed out before the commit, so the transaction holds the outputs of these inputs and no
others. Between begin and the end only this thread speaks of the transaction; agents only produce into it. While agents
are slow the consumer is paused and polled on, so that the group does not think us dead.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from streams.transport.consuming import ConsumerThread
from streams.transport.errors import TransactionFailed
from streams.transport.options import EngineOptions
from streams.transport.partition import Partition
from streams.transport.types import Message

log = logging.getLogger("mesh.transport")

#: Polls go on this long after the last one while agents work.
KEEPALIVE = 0.5


class ExactlyOnce:
    """Runs cycles. All on the consumer's thread."""

    def __init__(self, options: EngineOptions, producer: Any) -> None:
        self.fetch_size = options.cycle_size
        self._options = options
        self._producer = producer
        self._thread: ConsumerThread
        #: The partitions of the running cycle, with the offset it began at; None between cycles.
        self._cycle: dict[Partition, int] | None = None
        self._over = threading.Event()  #: set when agents are through with the cycle
        self._doomed = False
        self._aborts = 0
        #: Polled while paused: a race with the broker's last answer. First in the next cycle.
        self._carried: list[Message] = []
        self._leaving: frozenset[Partition] = frozenset()  #: being revoked right now

    def begin(self, thread: ConsumerThread) -> None:
        self._thread = thread
        self._try("init_transactions", lambda: self._producer.init_transactions(self._options.transaction_timeout))

    def hand_over(self, groups: dict[Partition, list[Message]]) -> None:
        if not groups:
            return
        loopside = self._thread.loopside
        self._cycle = {partition: messages[0].offset() or 0 for partition, messages in groups.items()}
        self._doomed = False
        self._over = threading.Event()
        self._producer.begin_transaction()
        self._thread.post(loopside.on_messages, groups, self._over)
        self._await_agents(keepalive=True)
        self._conclude()

    def _await_agents(self, *, keepalive: bool, timeout: float = float("inf")) -> bool:
        """Wait until everything handed over is finished (True), or nothing more will come of it."""
        thread = self._thread
        started = polled = time.monotonic()
        while not self._over.wait(0.02):
            now = time.monotonic()
            if self._cycle is None or thread.stopping or now - started > timeout:
                return False
            if keepalive:
                thread.grant()
                if now - polled > KEEPALIVE:
                    polled = now
                    thread.valve.set_paused(thread.partitions.values(), True)
                    self._carried += thread.fetch(1, 0)
        return thread.loopside.failure is None

    # -- the end of a cycle

    def _conclude(self) -> None:
        """Commit or abort. A rebalance in mid-cycle may have done it already."""
        if self._cycle is None:
            return
        cycle, self._cycle = self._cycle, None
        thread = self._thread
        thread.valve.set_paused([p for p in thread.partitions.values() if p.paused], False)
        if thread.loopside.failure is not None or not self._over.is_set():
            return self._abort()
        if self._doomed:
            self._abort()
            return self._rewind(cycle)
        offsets = [
            TopicPartition(p.tp.topic, p.tp.partition, p.watermark.position)
            for p in cycle
            if p.watermark.position is not None
        ]
        try:
            self._commit(offsets)
        except KafkaException as exc:
            self._give_up_or_repeat(exc, cycle)
        else:
            self._aborts = 0
            for partition in cycle:
                partition.committed = partition.watermark.position
        return None

    def _commit(self, offsets: list[TopicPartition]) -> None:
        timeout = self._options.transaction_timeout
        # asked for as late as can be: with an old generation the broker refuses the offsets
        metadata = self._thread.consumer.consumer_group_metadata()
        self._persist(lambda: self._producer.send_offsets_to_transaction(offsets, metadata, timeout))
        self._persist(lambda: self._producer.commit_transaction(timeout))

    def _persist(self, step: Callable[[], None]) -> None:
        """librdkafka's rule: after a retriable error or a time-out the same call goes on where it was."""
        deadline = time.monotonic() + self._options.transaction_timeout
        while True:
            try:
                return step()
            except KafkaException as exc:
                if not exc.args[0].retriable() or time.monotonic() > deadline:
                    raise

    def _give_up_or_repeat(self, exc: KafkaException, cycle: dict[Partition, int]) -> None:
        error = exc.args[0]
        self._aborts += 1
        if error.fatal() or not error.txn_requires_abort():
            raise TransactionFailed(f"transaction not committed, this worker must restart: {error.str()}") from exc
        self._abort()
        if self._aborts >= self._options.transaction_attempts:
            raise TransactionFailed(f"{self._aborts} transactions aborted in a row, the last: {error.str()}") from exc
        log.warning("transaction aborted, will be repeated: %s", error.str())
        self._rewind(cycle)

    def _abort(self) -> None:
        self._try("abort_transaction", lambda: self._producer.abort_transaction(self._options.transaction_timeout))

    def _try(self, name: str, step: Callable[[], None]) -> None:
        try:
            self._persist(step)
        except KafkaException as exc:
            raise TransactionFailed(f"{name}: {exc.args[0].str()}") from exc

    def _rewind(self, cycle: dict[Partition, int]) -> None:
        """Read the cycle's messages again, into new `Partition` objects: what agents did for the old ones is void."""
        thread = self._thread
        again = {p: start for p, start in cycle.items() if p not in self._leaving and thread.partitions.get(p.tp) is p}
        thread.post(thread.loopside.close, list(again))
        fresh = []
        for partition, start in again.items():
            thread.consumer.seek(TopicPartition(partition.tp.topic, partition.tp.partition, start))
            fresh.append(Partition(partition.tp))
            thread.partitions[partition.tp] = fresh[-1]
        self._drop_carried(again)
        thread.post(thread.loopside.on_assigned, fresh)

    # -- rebalances, in the callbacks of a poll

    def before_revoke(self, partitions: list[Partition]) -> None:
        """Finish the cycle that holds them, or undo it: the new owner must find the group's offset settled."""
        self._leaving = frozenset(partitions)
        if self._cycle is not None and not self._await_agents(keepalive=False, timeout=self._options.drain_timeout):
            self._void(self._cycle)
        self._conclude()

    def after_release(self, partitions: list[Partition]) -> None:
        self._leaving = frozenset()
        self._drop_carried(partitions)

    def lost(self, partitions: list[Partition]) -> None:
        """Others have them: what the running transaction holds of them must not be committed."""
        if self._cycle is not None and any(p in self._cycle for p in partitions):
            self._doomed = True
        self._drop_carried(partitions)

    def _drop_carried(self, partitions: Iterable[Partition]) -> None:
        """They are read again, by us or by others."""
        places = {p.tp for p in partitions}
        self._carried = [m for m in self._carried if (m.topic(), m.partition()) not in places]

    def _void(self, cycle: dict[Partition, int]) -> None:
        """Agents are too slow for the rebalance: from now on their outputs are dropped."""
        self._doomed = True
        thread = self._thread

        async def close() -> None:
            thread.loopside.close(list(cycle))

        thread.ask(close(), self._options.drain_timeout)

    # -- the rest of the discipline

    def carried(self) -> list[Message]:
        carried, self._carried = self._carried, []
        return carried

    def tick(self) -> None: ...

    def commit_now(self) -> bool:
        return False

    def end(self) -> None: ...
