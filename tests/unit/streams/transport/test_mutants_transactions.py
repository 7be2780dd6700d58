"""What mutants of the layer have shown to be missing elsewhere: transactions, and messages that come at odd times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from test_engine import EXACTLY_ONCE, FAST, IN, committed, copy, filled, running, until

from streams.transport import TP, Engine, EngineOptions
from streams.transport.memory import MemoryConsumer, MemoryLog, MemoryMessage

pytestmark = pytest.mark.anyio


class LateAnswers(MemoryConsumer):
    """The broker's last answer comes although the partitions are paused: every message does."""

    def __init__(self, log: MemoryLog, config: dict[str, Any]) -> None:
        super().__init__(log, config)
        self.came: list[bytes | None] = []

    def pause(self, partitions: list[Any]) -> None: ...

    def lose_and_regain(self, tps: list[TP]) -> None:
        """Both within one poll."""
        self._events.append(lambda: (self._revoke(tps, "on_lost"), self._assign(tps))[0])

    def consume(self, most: int, timeout: float) -> list[MemoryMessage]:
        messages = super().consume(most, timeout)
        self.came += [message.value() for message in messages]
        return messages


@asynccontextmanager
async def late(log: MemoryLog) -> AsyncIterator[tuple[Engine, list[LateAnswers]]]:
    consumers: list[LateAnswers] = []

    def consumer(config: dict[str, Any]) -> LateAnswers:
        consumers.append(LateAnswers(log, config))
        return consumers[-1]

    async with Engine("", "group", EXACTLY_ONCE, consumer_factory=consumer, producer_factory=log.producer) as engine:
        engine.subscribe(["in"])
        yield engine, consumers


@pytest.mark.parametrize("refused", [False, True], ids=["committed", "aborted"])
async def test_what_comes_while_agents_are_slow_is_neither_lost_nor_doubled_nor_out_of_order(refused: bool) -> None:
    log = filled(1, partitions=1)
    if refused:
        log.fail_next(
            "commit_transaction", KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION, txn_requires_abort=True))
        )
    async with late(log) as (engine, consumers):
        slow = await anext(engine)
        log.append("in", b"1")
        log.append("in", b"2")
        await until(lambda: b"1" in consumers[0].came)
        slow.emit("out", key=None, value=b"0")
        slow.done()
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 3)
    await copying
    assert log.values("out") == [b"0", b"1", b"2"]


async def test_what_came_early_is_dropped_with_its_partition_even_when_that_comes_back_at_once() -> None:
    log = filled(1, partitions=1)
    async with late(log) as (engine, consumers):
        slow = await anext(engine)
        log.append("in", b"1")
        await until(lambda: b"1" in consumers[0].came)
        consumers[0].lose_and_regain([IN])
        await until(lambda: not slow.open)
        slow.done()
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) >= 2)
    await copying
    assert log.values("out") == [b"0", b"1"]


async def test_offsets_travel_inside_the_transaction_and_in_no_other_way() -> None:
    log = filled(100)
    log.fail_next("commit", AssertionError("the consumer was asked to commit"))
    async with running(log, EXACTLY_ONCE) as engine:
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 100)
        calls = engine.outlet.producer.calls
    await copying
    cycles = calls[1:]
    assert cycles[: len(cycles) // 3 * 3] == [
        "begin_transaction",
        "send_offsets_to_transaction",
        "commit_transaction",
    ] * (len(cycles) // 3)
    with pytest.raises(AssertionError):
        log.maybe_fail("commit")  # it is still there: nobody has


async def test_what_is_finished_is_committed_when_its_partition_goes_whatever_the_timer_says() -> None:
    log = filled(4, partitions=1)
    patient = EngineOptions(**{**FAST, "commit_interval": 3600.0})
    async with running(log, patient) as engine:
        (await anext(engine)).done()
        log.consumers[0].rebalance([IN], give_back=False)
        await until(lambda: not engine.assignment)
        assert committed(log) == 4
