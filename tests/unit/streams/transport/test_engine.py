"""The engine on a log in memory: both threads are real, the broker is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from manual import until

from streams.transport import TP, Batch, BatchClosed, DeliveryFailed, Engine, EngineOptions, TransportError
from streams.transport.memory import MemoryLog

pytestmark = pytest.mark.anyio
FAST: dict[str, Any] = {"poll_timeout": 0.005, "commit_interval": 0.01, "drain_timeout": 2.0}
AT_LEAST_ONCE = EngineOptions(**FAST)
EXACTLY_ONCE = EngineOptions(delivery="exactly-once", transactional_id="t", **FAST)
BOTH = pytest.mark.parametrize("options", [AT_LEAST_ONCE, EXACTLY_ONCE], ids=["at-least-once", "exactly-once"])
IN, OUT = TP("in", 0), TP("out", 0)


def filled(count: int, partitions: int = 2) -> MemoryLog:
    log = MemoryLog({"in": partitions, "out": 1})
    for i in range(count):
        log.append("in", b"%d" % i, partition=i % partitions)
    return log


@asynccontextmanager
async def running(log: MemoryLog, options: EngineOptions) -> AsyncIterator[Engine]:
    engine = Engine("", "group", options, consumer_factory=log.consumer, producer_factory=log.producer)
    async with engine:
        engine.subscribe(["in"])
        yield engine


async def copy(engine: Engine) -> None:
    """Pass everything through, until the engine stops."""
    async for batch in engine:
        for message in batch:
            batch.emit("out", key=message.key(), value=message.value())
        batch.done()


def committed(log: MemoryLog) -> int:
    return sum(log.committed["group"].values())


@BOTH
async def test_everything_passes_through_and_is_committed(options: EngineOptions) -> None:
    log = filled(5000)
    async with running(log, options) as engine:
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 5000)
    await copying
    assert sorted(log.values("out")) == sorted(log.values("in"))


async def test_a_batch_that_is_not_done_is_not_committed() -> None:
    log = filled(10, partitions=1)
    async with running(log, EngineOptions(**{**FAST, "drain_timeout": 0.05}, batch_size=4)) as engine:
        first = await anext(engine)
        first.done()
        second = await anext(engine)
        assert [m.value() for m in second] == [b"4", b"5", b"6", b"7"]
        await until(lambda: committed(log) == 4)
    assert committed(log) == 4


@BOTH
async def test_a_failure_stops_the_engine_and_commits_nothing_of_the_batch(options: EngineOptions) -> None:
    log = filled(10, partitions=1)
    boom = ValueError("boom")

    async def work() -> None:
        async with running(log, options) as engine:
            batch = await anext(engine)
            batch.emit("out", key=None, value=b"half")
            batch.abandon(boom)
            with pytest.raises(ValueError, match="boom"):
                await anext(engine)

    with pytest.raises(ValueError, match="boom"):
        await work()
    assert committed(log) == 0
    if options.exactly_once:
        assert log.values("out") == []


async def test_an_output_that_is_not_delivered_stops_the_engine() -> None:
    log = filled(1, partitions=1)
    log.fail_next("delivery", KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT)))
    with pytest.raises(DeliveryFailed, match="timed out"):
        async with running(log, AT_LEAST_ONCE) as engine:
            await copy(engine)
    assert committed(log) == 0


async def test_an_output_that_is_refused_at_once_can_be_replaced_by_another() -> None:
    log = filled(1, partitions=1)
    log.fail_next("produce", KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)))
    async with running(log, AT_LEAST_ONCE) as engine:
        batch = await anext(engine)
        with pytest.raises(DeliveryFailed):
            batch.emit("out", key=None, value=b"too large")
        batch.emit("out", key=None, value=b"letter")
        await batch.flush()
        batch.done()
        await until(lambda: committed(log) == 1)
    assert log.values("out") == [b"letter"]


async def test_a_full_queue_is_waited_for() -> None:
    log = filled(2, partitions=1)
    log.fail_next("produce", BufferError())
    async with running(log, AT_LEAST_ONCE) as engine:
        batch = await anext(engine)
        for message in batch:
            batch.emit("out", key=None, value=message.value())
        batch.done()
        await until(lambda: committed(log) == 2)
    assert log.values("out") == [b"0", b"1"]


async def test_a_finished_batch_takes_no_more_outputs() -> None:
    async with running(filled(1, partitions=1), AT_LEAST_ONCE) as engine:
        batch = await anext(engine)
        batch.done()
        with pytest.raises(BatchClosed):
            batch.emit("out", key=None, value=b"late")


async def test_records_may_be_completed_in_any_order() -> None:
    log = filled(6, partitions=1)
    async with running(log, AT_LEAST_ONCE) as engine:
        batch = await anext(engine)
        for offset in (5, 1, 2):
            batch.complete(offset)
        assert engine.progress()[0].watermark is None
        batch.complete(0)
        await until(lambda: committed(log) == 3)
        batch.complete(4)
        batch.complete(3)
        await until(lambda: committed(log) == 6)


@BOTH
async def test_a_revoked_partition_is_finished_and_committed_before_it_goes(options: EngineOptions) -> None:
    log = filled(4, partitions=1)
    async with running(log, options) as engine:
        batch = await anext(engine)
        log.consumers[0].rebalance([IN], give_back=False)
        batch.emit("out", key=None, value=b"done in time")
        batch.done()
        await until(lambda: not engine.assignment)
        assert committed(log) == 4
    assert log.values("out") == [b"done in time"]


async def test_a_lost_partition_commits_nothing_and_its_late_outputs_are_dropped() -> None:
    log = filled(4, partitions=1)
    async with running(log, AT_LEAST_ONCE) as engine:
        batch = await anext(engine)
        log.consumers[0].rebalance([IN], lost=True, give_back=False)
        await until(lambda: not engine.assignment)
        batch.emit("out", key=None, value=b"too late")
        batch.done()
        await engine.commit()
    assert committed(log) == 0
    assert log.values("out") == []


@BOTH
async def test_what_was_unfinished_at_a_rebalance_is_read_again(options: EngineOptions) -> None:
    log = filled(4, partitions=1)
    impatient = EngineOptions(
        **{**FAST, "drain_timeout": 0.05}, delivery=options.delivery, transactional_id=options.transactional_id
    )
    async with running(log, impatient) as engine:
        slow = await anext(engine)
        slow.emit("out", key=None, value=b"half")
        log.consumers[0].rebalance([IN])
        again = await anext(engine)
        assert again.first_offset == slow.first_offset
        assert not slow.open
        slow.done()
        for message in again:
            again.emit("out", key=None, value=message.value())
        again.done()
        await until(lambda: committed(log) == 4)
    halves = [] if options.exactly_once else [b"half"]
    assert log.values("out") == [*halves, b"0", b"1", b"2", b"3"]


async def test_a_stuck_partition_does_not_hold_back_its_neighbour() -> None:
    log = filled(4000)
    tight = EngineOptions(**{**FAST, "pause_after": 0.02, "drain_timeout": 0.05}, batch_size=50, buffer_messages=200)
    async with running(log, tight) as engine:
        seen = 0
        stuck: Batch | None = None
        async for batch in engine:
            if batch.tp.partition == 0:
                stuck = batch
                continue
            seen += len(batch)
            batch.done()
            if seen == 2000:
                break
        assert stuck is not None
        progress = {p.tp.partition: p for p in engine.progress()}
        assert progress[0].unfinished <= 150  # its share, and at most one fetch more
        polls = log.consumers[0].polls
        await until(lambda: log.consumers[0].polls > polls + 2)  # the group still hears of us


async def test_a_refused_commit_is_repeated() -> None:
    log = filled(3, partitions=1)
    for _ in range(3):
        log.fail_next("commit", KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION)))
    async with running(log, AT_LEAST_ONCE) as engine:
        (await anext(engine)).done()
        await until(lambda: committed(log) == 3)


async def test_a_broken_consumer_fails_the_engine() -> None:
    log = filled(1)
    log.fail_next("consume", KafkaException(KafkaError(KafkaError._FATAL)))
    with pytest.raises(TransportError):
        async with running(log, AT_LEAST_ONCE) as engine:
            await copy(engine)


async def test_stopping_finishes_what_agents_hold() -> None:
    log = filled(100, partitions=1)
    engine = Engine("", "group", AT_LEAST_ONCE, consumer_factory=log.consumer, producer_factory=log.producer)
    await engine.start()
    engine.subscribe(["in"])
    batch = await anext(engine)
    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    batch.done()
    await stopping
    assert committed(log) == batch.next_offset
    with suppress(StopAsyncIteration):
        raise AssertionError(await anext(engine))
