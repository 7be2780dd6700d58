"""A letter that the broker did not take acknowledges nothing; a fuse that blows acknowledges nothing either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from confluent_kafka import KafkaError, KafkaException

from schemas.codec import Codec
from schemas.reasons import Reason
from schemas.registry import MemoryRegistry
from schemas.topics import DEAD_LETTER, ERP_CHANGES
from sinks.errors import Refused
from sinks.memory.ledger import MemoryLedger
from sinks.memory.sink import MemorySink, MemoryTarget
from streams.agents import NormaliseAgent
from streams.letters.fuse import FloodStopped, Fuse
from streams.publish import Publisher
from streams.runtime.settings import FuseSettings
from streams.transport import DeliveryFailed, Engine, EngineOptions
from streams.transport.memory import MemoryLog
from tests.contract.sink_examples import order
from tests.contract.sink_worker import Bench

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LIMITS = FuseSettings(run=3)
RAW = ERP_CHANGES["party"].name
LETTERS = DEAD_LETTER[Reason.UNDECODABLE].name


def agent(fuse: Fuse | None = None) -> NormaliseAgent:
    codec = Codec(MemoryRegistry())
    return NormaliseAgent(codec, lambda: NOW, Publisher(codec, "normalise", fuse))


def log_of(count: int) -> MemoryLog:
    log = MemoryLog({RAW: 1, LETTERS: 4})
    for number in range(count):
        log.append(RAW, b"no avro %d" % number, partition=0)
    return log


@asynccontextmanager
async def reading(log: MemoryLog, *, exactly_once: bool) -> AsyncIterator[Engine]:
    delivery = {"delivery": "exactly-once", "transactional_id": "t"} if exactly_once else {}
    options = EngineOptions(poll_timeout=0.005, commit_interval=0.01, drain_timeout=2.0, **delivery)
    engine = Engine("", "group", options, consumer_factory=log.consumer, producer_factory=log.producer)
    async with engine:
        engine.subscribe([RAW])
        yield engine


async def work(log: MemoryLog, normalising: NormaliseAgent, *, exactly_once: bool = False) -> None:
    async with asyncio.timeout(10), reading(log, exactly_once=exactly_once) as engine:
        async for batch in engine:
            try:
                await normalising.run(batch)
            except FloodStopped as error:
                batch.abandon(error)
                continue
            batch.done()


def test_a_letter_that_is_not_delivered_stops_the_worker_and_its_record_is_read_again() -> None:
    log = log_of(1)
    log.fail_next("delivery", KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT)))
    with pytest.raises(DeliveryFailed):
        asyncio.run(work(log, agent()))
    assert sum(log.committed["group"].values()) == 0


@pytest.mark.parametrize("exactly_once", [False, True])
def test_a_flood_stops_the_worker_and_acknowledges_nothing(exactly_once: bool) -> None:
    log = log_of(10)
    with pytest.raises(FloodStopped, match="3 events in a row"):
        asyncio.run(work(log, agent(Fuse("normalise", LIMITS)), exactly_once=exactly_once))
    assert sum(log.committed["group"].values()) == 0
    written = len(log.values(LETTERS))
    assert written == 0 if exactly_once else written < LIMITS.run


def test_a_target_that_refuses_everything_stops_the_sink_before_its_ledger_says_dead() -> None:
    target, ledger = MemoryTarget(), MemoryLedger()
    target.faults.fail("write", lambda: Refused(Reason.ERP_REJECTED, "no such field"), times=100)
    bench = Bench(MemorySink(held=target), ledger, width=1, fuse=Fuse("sink erp", LIMITS))
    bench.send([order(f"o{number}", "a") for number in range(10)])
    with pytest.raises(FloodStopped, match="no such field"):
        asyncio.run(bench.work())
    assert len(bench.letters()) == LIMITS.run - 1
    states = [entry.state for rows in ledger.rows.values() for entry in rows.values()]
    assert states.count("dead") == LIMITS.run - 1


def test_after_the_repair_the_record_that_blew_the_fuse_has_its_effect() -> None:
    target, ledger = MemoryTarget(), MemoryLedger()
    target.faults.fail("write", lambda: Refused(Reason.ERP_REJECTED, "no such field"), times=LIMITS.run)
    bench = Bench(MemorySink(held=target), ledger, width=1, fuse=Fuse("sink erp", LIMITS))
    bench.send([order(f"o{number}", "a") for number in range(10)])
    with pytest.raises(FloodStopped):
        asyncio.run(bench.work())
    bench.fuse = Fuse("sink erp", LIMITS)
    asyncio.run(bench.work())
    assert {effect.key for effect in bench.effects()} == {f"o{number}" for number in range(LIMITS.run - 1, 10)}
