"""Exactly once from topic to topic: one Kafka transaction per cycle.

    idle ─fetch─▶ begin ─▶ hand over all that was fetched ─▶ wait until agents are through
      ▲                                                         │
      │         commit ◀─ send offsets with the group's metadata┤ all finished (or cut: all begun finished, time over)
      ├────────────┘                                            │
      │                                                         │ partitions lost, no longer a member, refused, too slow
      ├── seek back to the cycle's start ◀─ abort ◀─────────────┤
      │                                                         │ a call timed out: committed or not, nobody knows
      ├── seek to what the group has committed ◀─ new producer ◀┤
      │                                                         │
     stop ◀─ abort ◀─ an agent failed, fatal or fenced, too many aborts in a row

Nothing of the next cycle is handed out before the commit, and every batch is finished or void before an abort, so the
transaction holds the outputs of these inputs and no others. Between begin and the end only this thread speaks of the
transaction; agents only produce into it. While agents are slow the consumer is paused and polled on, so that the group
does not think us dead.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from streams.transport.consuming import ConsumerThread
from streams.transport.errors import TransactionFailed
from streams.transport.options import EngineOptions
from streams.transport.pace import Pace
from streams.transport.partition import Partition
from streams.transport.producing import Outlet
from streams.transport.transaction import InDoubt, Transactions, Undone
from streams.transport.types import TP, Message

log = logging.getLogger("mesh.transport")

#: Polls go on this long after the last one while agents work.
KEEPALIVE = 0.5
#: Parts of the transaction's timeout after which a cycle is cut short, and given up.
CUT_AFTER, GIVE_UP_AFTER = 0.3, 0.8


class ExactlyOnce:
    """Runs cycles. All on the consumer's thread. `clock` and `event` are the test's to give."""

    def __init__(
        self,
        options: EngineOptions,
        outlet: Outlet,
        *,
        clock: Callable[[], float] = time.monotonic,
        event: Callable[[], threading.Event] = threading.Event,
    ) -> None:
        self._options = options
        self._transactions = Transactions(outlet, options.transaction_timeout, clock, event)
        self._pace = Pace(options.cycle_size, options.cycle_time)
        self._clock, self._event = clock, event
        self._thread: ConsumerThread
        #: The partitions of the running cycle, with the offset it began at; None between cycles.
        self._cycle: dict[Partition, int] | None = None
        self._over = event()  #: set when agents are through with the cycle
        self._doomed = ""  #: why the cycle must not be committed
        self._cut = self._late = False
        self._aborts = 0
        #: Polled while paused: a race with the broker's last answer. First in the next cycle.
        self._carried: list[Message] = []
        self._leaving: frozenset[Partition] = frozenset()  #: being revoked right now

    @property
    def fetch_size(self) -> int:
        return self._pace.size

    def begin(self, thread: ConsumerThread) -> None:
        self._thread = thread
        self._transactions.open()

    def hand_over(self, groups: dict[Partition, list[Message]]) -> None:
        if not groups:
            return
        self._transactions.begin()
        self._cycle = {partition: messages[0].offset() or 0 for partition, messages in groups.items()}
        self._doomed, self._over, self._cut, self._late = "", self._event(), False, False
        started = self._clock()
        self._thread.post(self._thread.loopside.on_messages, groups, self._over)
        self._await_agents()
        if not self._cut:
            self._pace.took(sum(map(len, groups.values())), self._clock() - started)
        self._conclude()

    def _await_agents(self) -> None:
        """Wait until everything handed over is finished, or nothing more will come of it."""
        thread = self._thread
        started = polled = self._clock()
        while not self._over.wait(0.02):
            thread.turned = now = self._clock()
            if self._cycle is None or thread.stopping:
                return
            thread.grant()
            self._hurry(now - started)
            if now - polled > KEEPALIVE:
                polled = now
                thread.valve.set_paused(thread.partitions.values(), True)
                fetched = thread.fetch(1, 0)  # first: a rebalance in it may put another list in the place
                self._carried += fetched

    def _hurry(self, elapsed: float) -> None:
        """The broker's patience is limited: hand out no more batches; later void those that agents still hold."""
        if self._cycle is None:
            return
        if not self._cut and elapsed > CUT_AFTER * self._options.transaction_timeout:
            self._cut = True
            self._pace.too_slow()
            self._thread.post(self._thread.loopside.drop_backlog, list(self._cycle))
        if not self._doomed and elapsed > GIVE_UP_AFTER * self._options.transaction_timeout:
            self._late = True
            held = ", ".join(str(partition.tp) for partition in self._cycle if partition.outstanding)
            self._void(
                f"agents held batches of {held} for {elapsed:.0f} s, longer than a transaction may last", self._cycle
            )

    def _conclude(self) -> None:
        """Commit or abort. A rebalance in mid-cycle may have done it already."""
        if self._cycle is None:
            return
        cycle, self._cycle, thread = self._cycle, None, self._thread
        thread.valve.set_paused(thread.valve.due(), False)
        try:
            if thread.loopside.failure is not None or (not self._over.is_set() and not self._doomed):
                with suppress(TimeoutError):  # an agent that does not even yield has no transaction to emit into
                    self._void("the worker stops", cycle)
                return self._transactions.abort()
            self._finish(cycle)
        except Undone as exc:
            self._count_abort(str(exc), exc.ours)
            self._rewind(cycle)
        except InDoubt as exc:
            self._count_abort(str(exc), True)
            self._rewind(self._committed(cycle))
        return None

    def _finish(self, cycle: dict[Partition, int]) -> None:
        group = self._membership()
        if self._doomed or group is None:
            self._transactions.abort()
            raise Undone(self._doomed or "this worker is no longer a member of its group", ours=self._late)
        ends = {p: p.watermark.position for p in cycle if p.watermark.position is not None}
        self._transactions.commit([TopicPartition(p.tp.topic, p.tp.partition, end) for p, end in ends.items()], group)
        self._aborts = 0
        for partition, end in ends.items():
            partition.committed = end
        starts = {**cycle, **ends}  # of a cycle that was cut, or of which records were postponed, some is unread
        if unread := {p: start for p, start in starts.items() if start != p.fetched_to}:
            self._rewind(unread)

    def _membership(self) -> Any:
        """The group's metadata, by which the broker refuses the offsets of a former member; None: we are none.

        Asked for as late as can be. One who is no member gets metadata without a name, which the broker does not check.
        """
        consumer = self._thread.consumer
        member = consumer.memberid()
        metadata = consumer.consumer_group_metadata()
        return metadata if member and consumer.memberid() == member else None

    def _count_abort(self, why: str, ours: bool) -> None:
        self._aborts += ours  # that the group moves on is no failure of this worker
        if self._aborts >= self._options.transaction_attempts:
            raise TransactionFailed(f"{self._aborts} transactions aborted in a row, the last: {why}")
        log.warning("transaction aborted, will be repeated: %s", why)

    def _committed(self, cycle: Mapping[Partition, int]) -> dict[Partition, int]:
        """Where the group stands after a transaction of which nobody knows how it ended."""
        places = [TopicPartition(*p.tp) for p in cycle]
        try:
            found = self._thread.consumer.committed(places, timeout=self._options.transaction_timeout)
        except KafkaException as exc:
            raise TransactionFailed(f"committed offsets are not known: {exc.args[0].str()}") from exc
        offsets = {TP(f.topic, f.partition): f.offset for f in found if f.offset >= 0}
        for partition in cycle:
            partition.committed = offsets.get(partition.tp, partition.committed)
        return {p: offsets.get(p.tp, start) for p, start in cycle.items()}

    def _rewind(self, cycle: Mapping[Partition, int]) -> None:
        """Read on from there, into new `Partition` objects: what agents did for the old ones is void."""
        thread = self._thread
        again = {p: start for p, start in cycle.items() if p not in self._leaving and thread.partitions.get(p.tp) is p}
        thread.post(thread.loopside.close, list(again))
        fresh = []
        for partition, start in again.items():
            thread.consumer.seek(TopicPartition(partition.tp.topic, partition.tp.partition, start))
            fresh.append(Partition(partition.tp))
            fresh[-1].committed, fresh[-1].waiting = partition.committed, partition.waiting
            thread.partitions[partition.tp] = fresh[-1]
        thread.valve.set_paused([p for p in fresh if p.waiting and p.waiting.rests(thread.clock())], True)
        self._drop_carried(again)
        thread.post(thread.loopside.on_assigned, fresh)

    # -- rebalances, in the callbacks of a poll

    def before_revoke(self, partitions: list[Partition]) -> None:
        """Finish the cycle that holds them, or undo it: the new owner must find the group's offset settled."""
        self._leaving = frozenset(partitions)
        deadline = self._clock() + self._options.drain_timeout
        while self._cycle is not None and not self._thread.stopping and not self._over.wait(0.02):
            self._thread.turned = now = self._clock()
            if now > deadline:
                self._void("agents were too slow for a rebalance", self._cycle)
                break
        self._conclude()

    def after_release(self, partitions: list[Partition]) -> None:
        self._leaving = frozenset()
        self._drop_carried(partitions)

    def lost(self, partitions: list[Partition]) -> None:
        """Others have them: what the running transaction holds of them must not be committed."""
        if self._cycle is not None and any(p in self._cycle for p in partitions):
            self._doomed = "partitions were lost"
        self._drop_carried(partitions)

    def _drop_carried(self, partitions: Iterable[Partition]) -> None:
        """They are read again, by us or by others."""
        places = {p.tp for p in partitions}
        self._carried = [m for m in self._carried if (m.topic(), m.partition()) not in places]

    def _void(self, why: str, cycle: Mapping[Partition, int]) -> None:
        """From now on what agents emit for this cycle is dropped."""
        self._doomed = why
        thread = self._thread

        async def close() -> None:
            thread.loopside.close(list(cycle))

        thread.ask(close(), self._options.drain_timeout)

    def carried(self) -> list[Message]:
        carried, self._carried = self._carried, []
        return carried

    def tick(self) -> None: ...

    def commit_now(self) -> bool:
        return False

    def end(self) -> None: ...
