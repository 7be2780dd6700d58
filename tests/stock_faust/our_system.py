"""Our layer behind the words of the promises: the real engine, both threads, on a log in memory."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from promises import System

from streams.transport import TP, Batch, Engine, EngineOptions, TransportError
from streams.transport.memory import MemoryLog
from streams.transport.producing import Outlet

IN = TP("in", 0)
FAST: dict[str, Any] = {"poll_timeout": 0.005, "commit_interval": 3600.0, "drain_timeout": 0.05}

#: Engines that were started and are to be stopped.
STARTED: list[Engine] = []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0.002)


async def started(log: MemoryLog, **options: Any) -> Engine:
    engine = Engine(
        "", "group", EngineOptions(**FAST | options), consumer_factory=log.consumer, producer_factory=log.producer
    )
    await engine.start()
    engine.subscribe(["in"])
    STARTED.append(engine)
    return engine


async def stop_all() -> None:
    while STARTED:
        with suppress(TransportError):  # some promises are about a failure
            await STARTED.pop().stop()


class OurBooks:
    def __init__(self) -> None:
        self.log = MemoryLog({"in": 1, "out": 1})
        self.holders: dict[int, Batch] = {}

    @property
    def stored(self) -> int | None:
        return self.log.committed["group"].get(IN)

    async def begin(self, committed: int | None) -> None:
        if committed is not None:
            self.log.committed["group"][IN] = committed
        self.engine = await started(self.log)

    async def deliver(self, *offsets: int) -> None:
        with self.log.lock:
            for offset in offsets:
                while len(self.log.records[IN]) < offset:
                    self.log.skip("in")
                self.log.append("in", b"1")
        while offsets[-1] not in self.holders:
            async with asyncio.timeout(5):
                batch = await anext(self.engine)
            self.holders.update({message.offset() or 0: batch for message in batch})

    async def finish(self, *offsets: int) -> None:
        for offset in offsets:
            self.holders[offset].complete(offset)

    async def commit(self, *, accepted: bool = True) -> None:
        if not accepted:
            self.log.fail_next("commit", KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION)))
        try:
            await self.engine.commit()
        except KafkaException:
            assert not accepted

    async def revoke(self) -> None:
        self.log.consumers[0].rebalance([IN], give_back=False)
        await until(lambda: not self.engine.assignment)


class Slow:
    """A producer whose broker takes its time."""

    def __init__(self, seconds_each: float) -> None:
        self._each = seconds_each
        self._next = time.monotonic() + seconds_each
        self._queue: deque[Any] = deque()

    def produce(self, topic: str, value: Any, key: Any, partition: int, report: Any) -> None:
        self._queue.append(report)

    def poll(self, _timeout: float) -> int:
        while self._queue and time.monotonic() >= self._next:
            self._next += self._each
            self._queue.popleft()(None, None)
        return 0

    def __len__(self) -> int:
        return len(self._queue)


class OurOutbox:
    def __init__(self) -> None:
        self.delivered = 0

    async def send_soon(self, count: int, seconds_each: float) -> None:
        loop = asyncio.get_running_loop()
        self.outlet = Outlet(lambda: Slow(seconds_each), loop, transactional=False, patience=5, largest=1000)
        for _ in range(count):
            self.outlet.produce("out", None, b"1", None, (), None, self._report)

    def _report(self, _error: Any, _message: Any) -> None:
        self.delivered += 1

    async def flush(self) -> None:
        """What Faust's `producer.flush()` ends in."""
        await self.outlet.drain()


class OurTransactions:
    def __init__(self) -> None:
        self.log = MemoryLog({"in": 4, "out": 8})

    async def _take(self, partition: int) -> Batch:
        self.engine = await started(self.log, delivery="exactly-once", transactional_id="w")
        self.log.append("in", b"1", partition=partition)
        async with asyncio.timeout(5):
            return await anext(self.engine)

    def _transaction(self, call: str | None) -> object:
        """The number of the transaction that was open at the last call of this name, or is open now."""
        calls = self.log.producers[0].calls
        if call is not None:
            calls = calls[: len(calls) - calls[::-1].index(call)]
        return f"transaction {calls.count('begin_transaction')}"

    async def output_of(self, source_partition: int, output_partition: int) -> object:
        self.batch = await self._take(source_partition)
        self.batch.emit("out", key=b"k", value=b"v", partition=output_partition)
        return self._transaction(None)

    async def offset_of(self, source_partition: int) -> object:
        self.batch.done()
        await until(lambda: self.log.committed["group"].get(TP("in", source_partition)) == 1)
        return self._transaction("send_offsets_to_transaction")

    async def commit_that_cannot_work(self) -> bool:
        self.log.fail_next("commit_transaction", KafkaException(KafkaError(KafkaError._FENCED, fatal=True)))
        batch = await self._take(0)
        batch.done()
        await until(lambda: self.engine.failure is not None or bool(self.log.committed["group"]))
        return self.engine.failure is None


class OurStale:
    async def stale_then_live(self, stale: int, live: int) -> list[int]:
        books = OurBooks()
        books.log.committed["group"][IN] = stale
        engine = books.engine = await started(books.log, batch_size=1, max_outstanding=2)
        await books.deliver(stale, live)
        of_former = dict(books.holders)
        books.log.consumers[0].rebalance([IN], lost=True)
        await until(lambda: not of_former[stale].open)
        again = {batch.first_offset: batch for batch in (await anext(engine), await anext(engine))}
        of_former[stale].done()
        again[live].done()
        await engine.commit()
        assert not books.log.committed["group"].get(IN, stale) > stale, "committed past the one that is read again"
        return sorted(offset for offset, batch in again.items() if not batch.open)


OURS = System(OurBooks, OurOutbox, OurTransactions, OurStale)
