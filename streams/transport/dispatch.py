"""The event loop's side of the engine: backlogs, batches, endings. No method blocks; none is for another thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from streams.transport.batch import Batch
from streams.transport.errors import NotSupported
from streams.transport.partition import Partition
from streams.transport.producing import Outlet
from streams.transport.types import TP, Message, Waiting

log = logging.getLogger("mesh.transport")


@dataclass
class Hooks:
    """Who hears what, all on the event loop."""

    on_batch: Callable[[Batch], None]
    #: The whole assignment, whenever it changed; new partitions wait until it returns.
    on_assignment: Callable[[frozenset[TP]], Awaitable[None]] | None = None
    #: Partitions that were let go, after their last batch.
    on_revoked: Callable[[frozenset[TP]], Awaitable[None]] | None = None
    on_failed: Callable[[Exception], None] | None = None
    #: Who reads a partition, for messages to people. From any thread.
    reader: Callable[[TP], str] | None = None


class Dispatcher:
    """Hands out batches in order, at most `max_outstanding` of one partition at once.

    The consumer's thread waits on `released`, set whenever something was finished (there may be room to fetch), and on
    the event that it gave with the messages of a cycle, set once nothing is unfinished.
    """

    def __init__(
        self,
        outlet: Outlet,
        hooks: Hooks,
        *,
        batch_size: int,
        max_outstanding: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.partitions: dict[TP, Partition] = {}
        self.failure: Exception | None = None
        self.released = threading.Event()
        self._cycle_over: threading.Event | None = None
        self._outlet, self._hooks, self._clock = outlet, hooks, clock
        self._batch_size, self._max_outstanding = batch_size, max_outstanding
        self._unfinished = 0
        self._batches: dict[Partition, list[Batch]] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._announcing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- what comes in

    def on_assigned(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            self.partitions[partition.tp] = partition
            self._batches[partition] = []
        self._announce()

    def _announce(self) -> None:
        if self._hooks.on_assignment is None:
            return self._open(list(self.partitions))
        task = asyncio.get_running_loop().create_task(self._tell_assignment(self._hooks.on_assignment))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    async def _tell_assignment(self, listener: Callable[[frozenset[TP]], Awaitable[None]]) -> None:
        async with self._announcing:
            tps = frozenset(self.partitions)
            try:
                await listener(tps)
            except Exception as exc:
                self.fail(exc)
            self._open(tps)

    def _open(self, tps: Iterable[TP]) -> None:
        for tp in tps:
            partition = self.partitions.get(tp)
            if partition is not None and not partition.open:
                partition.open = True
                self._hand_out(partition)

    def on_messages(self, groups: Mapping[Partition, list[Message]], over: threading.Event | None = None) -> None:
        self._cycle_over = over
        for partition, messages in groups.items():
            if partition.closed or partition.cut_off or self.failure is not None:
                continue
            partition.backlog.append(messages)
            self._unfinished += len(messages)
            self._hand_out(partition)
        self._maybe_over()

    def _maybe_over(self) -> None:
        if self._cycle_over is not None and (self.failure is not None or not self._unfinished):
            self._cycle_over.set()

    def _hand_out(self, partition: Partition) -> None:
        while (
            partition.backlog
            and partition.outstanding < self._max_outstanding
            and partition.open
            and not partition.resting
            and not partition.closed
            and self.failure is None
        ):
            batch = Batch(partition, partition.take(self._batch_size), self._outlet, self)
            partition.outstanding += 1
            self._batches[partition].append(batch)
            try:
                self._hooks.on_batch(batch)
            except Exception as exc:  # in a callback of the loop nobody else would hear of it
                self.fail(exc)

    # -- how batches end (their owner's part)

    def batch_progressed(self, batch: Batch) -> None:
        batch.partition.watermark.advance()

    def batch_finished(self, batch: Batch) -> None:
        partition = batch.partition
        partition.watermark.advance()
        partition.outstanding -= 1
        self._batches[partition].remove(batch)
        partition.done += len(batch)
        partition.done_bytes += batch.size
        self._count_down(len(batch))
        if partition.resting:
            return self._rest(partition)
        if partition.waiting is not None and partition.waiting.offset < batch.next_offset:
            waited = self._clock() - partition.waiting.since
            log.info("%s goes on at offset %d after %.0f s", partition.tp, partition.waiting.offset, waited)
            partition.waiting = None
        self._hand_out(partition)
        return None

    def batch_postponed(self, batch: Batch, offset: int, why: str, seconds: float) -> None:
        if self._max_outstanding > 1:
            raise NotSupported("postponing records with max_outstanding above 1 would give up their order")
        rest, now = batch.cut(offset), self._clock()
        if batch.partition.postpone(rest, Waiting(offset, why, now, now + seconds)):
            log.warning("%s waits at offset %d: %s", batch.tp, offset, why)

    def _rest(self, partition: Partition) -> None:
        """What was before the postponed record is finished. A transaction ends without the rest: it is read again."""
        if self._cycle_over is not None:
            return self.drop_backlog([partition])
        assert partition.waiting is not None
        seconds = partition.waiting.until - self._clock()
        self._outlet.loop.call_later(max(0.0, seconds), partial(self._try_again, partition))
        return None

    def _try_again(self, partition: Partition) -> None:
        partition.resting = False
        self._hand_out(partition)

    def batch_failed(self, batch: Batch, reason: Exception) -> None:
        self.fail(reason)

    def fail(self, reason: Exception) -> None:
        """Fail-stop: the first failure counts, nothing more is handed out, and everybody who waits is woken."""
        if self.failure is None:
            self.failure = reason
            self._maybe_over()
            self.released.set()
            self._wake()
            if self._hooks.on_failed is not None:
                self._hooks.on_failed(reason)

    # -- letting go

    async def let_go(self, partitions: list[Partition], timeout: float) -> None:
        """Hand out no more of these partitions and wait until agents are through, or the time is over."""
        self.cut_off(partitions)
        await self.settle(partitions, timeout)
        if self._hooks.on_revoked is not None and partitions:
            await self._hooks.on_revoked(frozenset(p.tp for p in partitions))

    def cut_off(self, partitions: Iterable[Partition]) -> None:
        """Agents get no more of these, be it fetched later: behind what is dropped it would carry the watermark on."""
        for partition in partitions:
            partition.cut_off = True
            self.drop_backlog([partition])

    def drop_backlog(self, partitions: Iterable[Partition]) -> None:
        """Forget what no agent holds yet; it was not finished, so it is read again by the next owner."""
        for partition in partitions:
            waiting = sum(map(len, partition.backlog))
            partition.backlog.clear()
            partition.done += waiting
            self._count_down(waiting)

    def close(self, partitions: list[Partition]) -> None:
        """These partitions are no longer ours. What agents still do for them counts for nothing."""
        for partition in partitions:
            if partition.closed:
                continue
            self.drop_backlog([partition])
            partition.closed = True
            for batch in self._batches.pop(partition, []):
                batch.void()
                self._count_down(len(batch))
            if self.partitions.get(partition.tp) is partition:
                del self.partitions[partition.tp]
        if partitions:
            self._announce()

    async def settle(self, partitions: Iterable[Partition], timeout: float) -> bool:
        """Wait until agents have finished what they hold of these partitions; False: they have not."""
        waiting = list(partitions)

        def settled() -> bool:
            return self.failure is not None or not any(p.outstanding for p in waiting if not p.closed)

        try:
            async with asyncio.timeout(timeout):
                while not settled():
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.append(waiter)
                    await waiter
        except TimeoutError:
            held = ", ".join(str(b) for p in waiting for b in self._batches.get(p, ()))
            log.warning("not finished within %g s, will be read again: %s", timeout, held)
            return False
        return self.failure is None

    def _count_down(self, messages: int) -> None:
        self._unfinished -= messages
        self._maybe_over()
        self.released.set()
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
