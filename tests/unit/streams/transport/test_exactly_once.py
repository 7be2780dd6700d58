"""Cycles: what happens to a transaction when something goes wrong in the middle."""

from __future__ import annotations

import asyncio

import pytest
from confluent_kafka import KafkaError, KafkaException
from test_engine import EXACTLY_ONCE, FAST, IN, committed, copy, filled, running, until

from streams.transport import EngineOptions, TransactionFailed

pytestmark = pytest.mark.anyio


def abortable(code: int = KafkaError.ILLEGAL_GENERATION) -> KafkaException:
    return KafkaException(KafkaError(code, txn_requires_abort=True))


@pytest.mark.parametrize("step", ["send_offsets_to_transaction", "commit_transaction"])
async def test_an_abortable_error_repeats_the_cycle(step: str) -> None:
    log = filled(100)
    log.fail_next(step, abortable())
    async with running(log, EXACTLY_ONCE) as engine:
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 100)
    await copying
    assert sorted(log.values("out")) == sorted(log.values("in"))


@pytest.mark.parametrize("step", ["send_offsets_to_transaction", "commit_transaction"])
async def test_a_retriable_error_repeats_the_step(step: str) -> None:
    log = filled(10)
    log.fail_next(step, KafkaException(KafkaError(KafkaError._TIMED_OUT, retriable=True)))
    async with running(log, EXACTLY_ONCE) as engine:
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 10)
        assert "abort_transaction" not in engine.outlet.producer.calls
    await copying
    assert sorted(log.values("out")) == sorted(log.values("in"))


async def test_a_fenced_producer_stops_the_engine() -> None:
    log = filled(10)
    log.fail_next("commit_transaction", KafkaException(KafkaError(KafkaError._FENCED, fatal=True)))
    with pytest.raises(TransactionFailed):
        async with running(log, EXACTLY_ONCE) as engine:
            await copy(engine)
    assert committed(log) == 0


async def test_too_many_aborts_in_a_row_stop_the_engine() -> None:
    log = filled(10, partitions=1)
    for _ in range(EXACTLY_ONCE.transaction_attempts):
        log.fail_next("commit_transaction", abortable())
    with pytest.raises(TransactionFailed, match="5 transactions aborted in a row"):
        async with running(log, EXACTLY_ONCE) as engine:
            await copy(engine)
    assert log.values("out") == []


async def test_a_partition_lost_in_mid_cycle_undoes_the_cycle() -> None:
    log = filled(8, partitions=2)
    options = EngineOptions(delivery="exactly-once", transactional_id="t", **FAST)
    async with running(log, options) as engine:
        batches = [await anext(engine), await anext(engine)]
        log.consumers[0].rebalance([IN], lost=True, give_back=False)
        await until(lambda: IN not in engine.assignment)
        for batch in batches:
            for message in batch:
                batch.emit("out", key=None, value=message.value())
            batch.done()
        again = await anext(engine)
        assert again.tp.partition == 1
        assert again.first_offset == 0
        for message in again:
            again.emit("out", key=None, value=message.value())
        again.done()
        await until(lambda: committed(log) == 4)
    assert log.values("out") == [b"1", b"3", b"5", b"7"]


async def test_nothing_of_the_next_cycle_is_handed_out_before_the_commit() -> None:
    log = filled(4, partitions=1)
    async with running(log, EXACTLY_ONCE) as engine:
        batch = await anext(engine)
        log.append("in", b"next")
        batch.done()
        following = await anext(engine)
        assert [m.value() for m in following] == [b"next"]
        assert committed(log) == 4
        assert log.committed["group"][IN] == 4
        following.done()


def test_exactly_once_needs_a_name_to_fence_by() -> None:
    with pytest.raises(ValueError, match="transactional_id"):
        EngineOptions(delivery="exactly-once")
