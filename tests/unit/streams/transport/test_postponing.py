"""Not yet: a record that an agent cannot take makes its partition wait, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from manual import ManualOutlet, Record
from test_dispatch import DeliveryMachine
from test_engine import BOTH, FAST, IN, committed, copy, filled, running, until

from streams.transport import TP, Batch, BatchClosed, Engine, EngineOptions, Hooks, NotSupported
from streams.transport.dispatch import Dispatcher
from streams.transport.memory import MemoryLog
from streams.transport.partition import Partition

OTHER = TP("in", 1)


class PostponingMachine(DeliveryMachine):
    """As the machine of deliveries, with agents that give back what they have not begun."""

    max_outstanding = 1

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def postpone(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.held))
        if batch.open and len(batch) and not self.emitted[batch]:
            offsets = [message.offset() for message in batch]
            at = data.draw(st.integers(0, len(offsets) - 1))
            batch.postpone(offsets[at], "not yet", 1.0)
            assert [message.offset() for message in batch] == offsets[:at]
            assert batch.next_offset == offsets[at]

    @rule()
    def time_passes(self) -> None:
        self.outlet.loop.ring()

    @invariant()
    def a_partition_that_rests_has_nobody_working_beyond_the_record(self) -> None:
        for partition in self.owned.values():
            if partition.resting and partition.waiting is not None:
                position = partition.watermark.position
                assert position is None or position <= partition.waiting.offset


PostponingMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestPostponing = PostponingMachine.TestCase


# -- the engine


class Picky:
    """An agent that passes everything through, and until told otherwise not this record."""

    def __init__(self, engine: Engine, refused: bytes, seconds: float = 0.02) -> None:
        self.engine, self.refused, self.seconds = engine, refused, seconds
        self.ready = False
        self.postponed = 0

    async def run(self) -> None:
        async for batch in self.engine:
            for message in batch:
                if message.value() == self.refused and not self.ready:
                    self.postponed += 1
                    batch.postpone(message.offset() or 0, "schema id 7 is not known", self.seconds)
                    break
                batch.emit("out", key=message.key(), value=message.value())
            batch.done()


def at(log: MemoryLog, tp: TP) -> int:
    return log.committed["group"].get(tp, 0)


def of(log: MemoryLog, values: Any) -> list[bytes]:
    return [value for value in log.values("out") if value in values]


@BOTH
@pytest.mark.anyio
async def test_what_is_before_it_is_committed_others_flow_and_it_is_tried_until_it_goes(
    options: EngineOptions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mesh.transport")
    log = filled(40)  # even numbers in in[0], odd ones in in[1]
    async with running(log, options) as engine:
        agent = Picky(engine, b"10")
        working = asyncio.create_task(agent.run())
        await until(lambda: at(log, IN) == 5 and at(log, OTHER) == 20 and agent.postponed > 3)
        log.append("in", b"late", partition=1)
        await until(lambda: at(log, OTHER) == 21)
        assert at(log, IN) == 5
        assert "in[0] has waited at offset 5" in engine.health().ready
        assert not engine.health().alive
        waiting = next(p.waiting for p in engine.progress() if p.tp == IN)
        assert waiting is not None
        assert (waiting.offset, waiting.why) == (5, "schema id 7 is not known")
        agent.ready = True
        await until(lambda: at(log, IN) == 20)
        assert not engine.health().ready
        assert all(p.waiting is None for p in engine.progress())
    await working
    evens = [b"%d" % n for n in range(0, 40, 2)]
    assert of(log, evens) == evens, "in order, each one time"
    said = [record.getMessage() for record in caplog.records]
    assert said.count("in[0] waits at offset 5: schema id 7 is not known") == 1, "one line, however often it is tried"
    assert sum("in[0] goes on at offset 5 after" in line for line in said) == 1


@BOTH
@pytest.mark.anyio
async def test_a_stop_does_not_wait_for_it_and_the_next_worker_begins_with_it(options: EngineOptions) -> None:
    log = filled(40)
    async with running(log, options) as engine:
        agent = Picky(engine, b"10", seconds=3600.0)
        working = asyncio.create_task(agent.run())
        await until(lambda: at(log, IN) == 5 and at(log, OTHER) == 20)
        async with asyncio.timeout(1.0):
            assert await engine.drain()
    await working
    assert committed(log) == 25
    async with running(log, options) as engine:
        copying = asyncio.create_task(copy(engine))
        await until(lambda: committed(log) == 40)
    await copying
    assert sorted(log.values("out")) == sorted(log.values("in"))


@BOTH
@pytest.mark.parametrize("lost", [False, True], ids=["revoked", "lost"])
@pytest.mark.anyio
async def test_a_rebalance_takes_it_along(options: EngineOptions, lost: bool) -> None:
    log = filled(40)
    async with running(log, options) as engine:
        agent = Picky(engine, b"10", seconds=3600.0)
        working = asyncio.create_task(agent.run())
        await until(lambda: at(log, IN) == 5 and at(log, OTHER) == 20)
        before = agent.postponed
        log.consumers[0].rebalance([IN], lost=lost)
        await until(lambda: agent.postponed > before)
        assert at(log, IN) == 5
        agent.ready = True  # the next owner can take it
        log.consumers[0].rebalance([IN], lost=lost)
        await until(lambda: at(log, IN) == 20)
    await working
    assert sorted(log.values("out")) == sorted(log.values("in"))


@BOTH
@pytest.mark.anyio
async def test_waiting_is_no_stall(options: EngineOptions) -> None:
    watched = EngineOptions(
        **FAST, delivery=options.delivery, transactional_id=options.transactional_id, stall_timeout=0.4
    )
    log = filled(10)
    async with running(log, watched) as engine:
        agent = Picky(engine, b"4", seconds=0.05)
        working = asyncio.create_task(agent.run())
        await until(lambda: agent.postponed > 15)  # twice the watchdog's patience
        assert engine.failure is None
        agent.ready = True
        await until(lambda: committed(log) == 10)
    await working


# -- what is refused


def dispatched(taken: list[Batch], *, max_outstanding: int = 1) -> tuple[ManualOutlet, Partition, Dispatcher]:
    outlet, partition = ManualOutlet(), Partition(IN)
    dispatcher = Dispatcher(outlet, Hooks(on_batch=taken.append), batch_size=4, max_outstanding=max_outstanding)  # type: ignore[arg-type]
    dispatcher.on_assigned([partition])
    partition.fetched = 8
    dispatcher.on_messages({partition: [Record(IN, offset) for offset in range(8)]})  # type: ignore[misc]
    return outlet, partition, dispatcher


def test_order_is_not_given_up_for_it() -> None:
    taken: list[Batch] = []
    dispatched(taken, max_outstanding=2)
    with pytest.raises(NotSupported, match="order"):
        taken[0].postpone(2, "not yet", 1.0)
    assert len(taken[0]) == 4


def test_nor_can_one_of_several_readers_postpone_or_one_that_completes_single_records() -> None:
    taken: list[Batch] = []
    dispatched(taken)
    taken[0].complete(0)
    with pytest.raises(NotSupported, match="single records"):
        taken[0].postpone(2, "not yet", 1.0)
    taken.clear()
    dispatched(taken)
    taken[0].share(2)
    with pytest.raises(NotSupported, match="several readers"):
        taken[0].postpone(2, "not yet", 1.0)


def test_a_record_that_is_not_in_the_batch_cannot_be_postponed_nor_one_of_a_finished_batch() -> None:
    taken: list[Batch] = []
    dispatched(taken)
    with pytest.raises(ValueError, match="4"):
        taken[0].postpone(4, "not yet", 1.0)
    taken[0].done()
    with pytest.raises(BatchClosed):
        taken[0].postpone(2, "not yet", 1.0)


def test_what_is_behind_it_waits_too_and_comes_in_order() -> None:
    taken: list[Batch] = []
    outlet, partition, dispatcher = dispatched(taken)
    taken[0].postpone(0, "not yet", 1.0)
    assert len(taken[0]) == 0
    taken[0].done()
    assert len(taken) == 1
    assert (partition.watermark.position, partition.unfinished) == (0, 8)
    partition.fetched += 1
    dispatcher.on_messages({partition: [Record(IN, 8)]})  # type: ignore[misc]
    assert len(taken) == 1, "what comes meanwhile waits behind it"
    assert [0.0 < seconds <= 1.0 for seconds, _ in outlet.loop.timers] == [True]
    outlet.loop.ring()
    assert [message.offset() for message in taken[1]] == [0, 1, 2, 3]
    taken[1].done()
    assert partition.waiting is None
    assert [message.offset() for message in taken[2]] == [4, 5, 6, 7]
