"""A batch: what an agent gets.

                     emit, emit, ...              every output acknowledged
    open ──────────────────────────────▶ body done ────────────────────────▶ finished   (the watermark may pass)
     │  body raised, or an output failed                    │
     ├──────────────────────────────────────────────────────┴─▶ abandoned   (the engine stops; nothing is committed)
     ├─ postponed from a record on ──▶ open, and shorter   (that record comes again, later, and those behind it)
     └─ partition revoked or lost ──▶ void   (its outputs are dropped: the new owner does it all again)

In exactly-once delivery outputs are not counted one by one: the transaction's commit is the acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from streams.transport.errors import BatchClosed, DeliveryFailed, NotSupported
from streams.transport.partition import Partition, size_of
from streams.transport.producing import Outlet
from streams.transport.state import Owner, State
from streams.transport.types import TP, Headers, Message
from streams.transport.watermark import RecordTracker

#: The batch that the running agent holds; outputs sent by Faust's own means join it.
current_batch: ContextVar[Batch | None] = ContextVar("current_batch", default=None)


class Batch:
    """Messages of one partition, in order. Iterating gives `confluent_kafka.Message`."""

    __slots__ = (
        "_acked",
        "_body_done",
        "_emitted",
        "_outlet",
        "_owner",
        "_readers",
        "_records",
        "_span",
        "_state",
        "_waiters",
        "messages",
        "partition",
        "size",
        "tp",
    )

    def __init__(self, partition: Partition, messages: Sequence[Message], outlet: Outlet, owner: Owner) -> None:
        self.tp: TP = partition.tp
        self.messages = messages
        self.partition = partition
        self.size = size_of(messages)
        self._span = partition.watermark.deliver(messages[0].offset() or 0, (messages[-1].offset() or 0) + 1)
        self._outlet = outlet
        self._owner = owner
        self._state = State.OPEN
        self._emitted = self._acked = 0
        self._body_done = False
        self._readers = 1
        self._records: RecordTracker | None = None
        self._waiters: list[asyncio.Future[None]] = []

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def __repr__(self) -> str:
        return f"Batch({self.tp} {self.first_offset}..{self.next_offset - 1}, {self._state.name.lower()})"

    @property
    def first_offset(self) -> int:
        return self._span.first

    @property
    def next_offset(self) -> int:
        """One past the last offset of the batch."""
        return self._span.end

    @property
    def open(self) -> bool:
        return self._state is State.OPEN

    @property
    def transactional(self) -> bool:
        """The transaction answers for the outputs, all or none."""
        return self._outlet.transactional

    # -- outputs

    def emit(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
    ) -> None:
        """Send one output. The input is not committed before it is durable.

        Raises OutputTooLarge, or DeliveryFailed when the client refuses it for another reason (no such partition): it
        was not sent, and the caller may send another instead. BatchClosed: the batch is finished.
        """
        if self._state is not State.OPEN:
            return self._refuse()
        report = None if self._outlet.transactional else self._on_delivery
        self._outlet.produce(topic, key, value, partition, headers, timestamp_ms, report)
        if report is not None:
            self._emitted += 1
        return None

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int | None = None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
        on_delivery: Callable[[Any, Message], None],
    ) -> bool:
        """As `emit`, and tell `on_delivery(error, message)` on the event loop how it went.

        False: not sent, because the partition is no longer ours; nothing will be told.
        """
        if self._state is not State.OPEN:
            self._refuse()
            return False

        def both(error: Any, message: Message) -> None:
            on_delivery(error, message)
            self._on_delivery(error, message)

        report = self._outlet.on_loop(on_delivery) if self._outlet.transactional else both
        self._outlet.produce(topic, key, value, partition, headers, timestamp_ms, report)
        if not self._outlet.transactional:
            self._emitted += 1
        self._outlet.kick()
        return True

    async def flush(self) -> None:
        """Wait until all outputs so far are in the broker's log, there to be committed. Raises DeliveryFailed."""
        if self._outlet.transactional:
            return await self._outlet.flush()
        while self._acked < self._emitted and self._state is State.OPEN:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            self._outlet.kick()
            await waiter
        if self._state is State.ABANDONED:
            raise DeliveryFailed(f"an output of {self!r} was not delivered")
        return None

    def _refuse(self) -> None:
        if self._state is State.FINISHED:
            raise BatchClosed(f"{self!r} is finished: emit before the agent asks for the next batch")

    # -- endings

    def postpone(self, offset: int, why: str, seconds: float) -> None:
        """Not yet: give back the record at this offset and all behind it. They come again after so many seconds.

        The batch ends before it, and may be empty now; other partitions go on. Emit nothing for what is given back.
        Raises ValueError: no such record; NotSupported: several agents, `complete`, or `max_outstanding` above 1.
        """
        if self._state is not State.OPEN:
            return self._refuse()
        if self._readers > 1 or self._records is not None:
            raise NotSupported(f"{self!r} has several readers, or single records were completed: nothing is postponed")
        return self._owner.batch_postponed(self, offset, why, seconds)

    def cut(self, offset: int) -> list[Message]:
        """For the owner: end the batch before this record and take the rest. Raises ValueError."""
        at = [message.offset() for message in self.messages].index(offset)
        rest, self.messages = list(self.messages[at:]), self.messages[:at]
        self.size = size_of(self.messages)
        self._span.end = offset
        return rest

    def share(self, readers: int) -> None:
        """The batch goes to several agents and is done when each of them is."""
        self._readers = readers

    def done(self) -> None:
        """One reader has finished with all messages. The offset moves when the outputs are durable, too."""
        self._readers -= 1
        if self._readers <= 0:
            self._body_done = True
            if self._acked < self._emitted:
                self._outlet.kick()
            self._settle()

    def complete(self, offset: int) -> None:
        """One record is finished; records may be completed in any order, and the watermark stays contiguous.

        Once all are complete the batch is done. Call it after the outputs of that record were emitted.
        """
        if self._records is None:
            self._records = RecordTracker([m.offset() or 0 for m in self.messages], self.next_offset)
        if self._records.complete(offset):
            if self._records.complete_all:
                self._body_done = True
            self._settle()
        if self._acked < self._emitted:
            self._outlet.kick()

    def abandon(self, reason: Exception) -> None:
        """The batch failed: nothing from it on is committed, and the engine stops."""
        if self._state is State.OPEN:
            self._state = State.ABANDONED
            self._wake()
            self._owner.batch_failed(self, reason)

    def void(self) -> None:
        """The partition is no longer ours: whatever the batch still does counts for nothing."""
        if self._state is State.OPEN:
            self._state = State.VOID
            self._wake()

    def _on_delivery(self, error: Any, message: Message) -> None:
        self._acked += 1
        if error is not None:
            self.abandon(DeliveryFailed(f"output to {message.topic()} for {self!r} was not delivered: {error.str()}"))
        elif self._acked == self._emitted:
            self._wake()
            self._settle()

    def _settle(self) -> None:
        if self._acked < self._emitted or self._state is not State.OPEN:
            return
        if self._body_done:
            self._state = State.FINISHED
            self._span.finished = True
            self._owner.batch_finished(self)
        elif self._records is not None and self._records.low != self._span.low:
            self._span.low = self._records.low
            self._owner.batch_progressed(self)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
