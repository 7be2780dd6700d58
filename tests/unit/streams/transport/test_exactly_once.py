"""Cycles: what happens to a transaction when something goes wrong in the middle."""

from __future__ import annotations

import asyncio

import pytest
from confluent_kafka import KafkaError, KafkaException
from test_engine import EXACTLY_ONCE, FAST, IN, committed, copy, filled, running, until

from streams.transport import Engine, EngineOptions, TransactionFailed

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
    log.fail_next(step, KafkaException(KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, retriable=True)))
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


TIME_OUT = KafkaException(KafkaError(KafkaError._TIMED_OUT, retriable=True))


@pytest.mark.parametrize(
    "step", ["send_offsets_to_transaction", "commit_transaction", "commit_transaction, done", "init_transactions"]
)
async def test_after_a_time_out_a_new_producer_goes_on_where_the_group_stands(step: str) -> None:
    """Committed or not, nobody knows; and the old request may still be on its way."""
    log = filled(60)
    log.fail_next(step, TIME_OUT)
    async with running(log, EXACTLY_ONCE) as engine:
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 60)
        assert engine.outlet.producer is log.producers[1]
        assert log.producers[1].calls[0] == "init_transactions"
    await copying
    assert sorted(log.values("out")) == sorted(log.values("in"))


async def test_a_time_out_while_aborting_makes_a_new_producer_too() -> None:
    log = filled(20)
    log.fail_next("commit_transaction", abortable())
    log.fail_next("abort_transaction", TIME_OUT)
    async with running(log, EXACTLY_ONCE) as engine:
        first = engine.outlet.producer
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 20)
        assert engine.outlet.producer is not first
    await copying
    assert sorted(log.values("out")) == sorted(log.values("in"))


async def test_a_former_member_commits_nothing() -> None:
    """Its metadata has no name any more, and the broker would take the offsets of somebody without a name."""
    log = filled(4, partitions=1)
    async with running(log, EXACTLY_ONCE) as engine:
        batch = await anext(engine)
        batch.emit("out", key=None, value=b"of a zombie")
        log.consumers[0].expel()
        batch.done()
        await until(lambda: "abort_transaction" in engine.outlet.producer.calls)
        assert "send_offsets_to_transaction" not in engine.outlet.producer.calls
    assert log.values("out") == []
    assert committed(log) == 0


async def test_a_cycle_that_lasts_too_long_is_cut_and_what_was_begun_is_committed() -> None:
    log = filled(40, partitions=1)
    options = EngineOptions(
        delivery="exactly-once", transactional_id="t", batch_size=10, transaction_timeout=0.5, **FAST
    )
    async with running(log, options) as engine:
        first = await anext(engine)
        assert len(first) == 10
        await asyncio.sleep(0.2)  # longer than a cut, shorter than the end: time is the input of this test
        for message in first:
            first.emit("out", key=None, value=message.value())
        first.done()
        await until(lambda: committed(log) == 10)
        following = await anext(engine)
        assert (following.first_offset, len(following)) == (10, 1), "after a cut cycles start small"
        assert "abort_transaction" not in engine.outlet.producer.calls
        following.emit("out", key=None, value=following.messages[0].value())
        following.done()
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 40)
    await copying
    assert log.values("out") == log.values("in")


async def hold(engine: Engine) -> None:
    """Take batches and finish none."""
    async for batch in engine:
        assert batch


async def test_agents_that_outlast_the_transaction_stop_the_engine_with_a_reason_after_a_few_tries() -> None:
    log = filled(4, partitions=1)
    options = EngineOptions(
        delivery="exactly-once", transactional_id="t", transaction_timeout=0.1, transaction_attempts=2, **FAST
    )
    with pytest.raises(
        TransactionFailed, match=r"2 transactions aborted.*held batches of in\[0\].*longer than a trans"
    ):
        async with running(log, options) as engine:
            await hold(engine)
    assert committed(log) == 0


async def test_a_partition_that_goes_again_and_again_stops_nobody() -> None:
    log = filled(4, partitions=1)
    options = EngineOptions(delivery="exactly-once", transactional_id="t", transaction_attempts=2, **FAST)
    async with running(log, options) as engine:
        for _ in range(4):
            batch = await anext(engine)
            log.consumers[0].rebalance([IN], lost=True)
            await until(lambda batch=batch: not batch.open)
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 4)
    await copying
    assert log.values("out") == log.values("in")
