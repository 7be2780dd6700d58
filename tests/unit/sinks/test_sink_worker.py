"""The worker around the runners: the real engine on a log in memory, targets and ledgers in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.records import Command, Effect
from schemas.registry import MemoryRegistry
from schemas.topics import ACCOUNT_PARTITIONS, BY_NAME, COMMAND, EFFECT
from sinks.errors import LedgerUnavailable, Unreachable
from sinks.memory.ledger import MemoryLedger
from sinks.memory.sink import MemorySink, MemoryTarget
from sinks.port import Found, Target
from sinks.worker import build_runner, consume
from streams.runtime.settings import SinkSettings
from streams.transport.engine import Engine
from streams.transport.errors import TransportError
from streams.transport.memory import MemoryLog
from streams.transport.options import EngineOptions
from streams.transport.types import TP
from tests.contract.sink_examples import account_link, customer, order

GROUP = "sinks"
FAST = EngineOptions(batch_size=8, max_outstanding=8, poll_timeout=0.005, commit_interval=0.01, drain_timeout=2.0)


class Line:
    """What survives a worker."""

    def __init__(self) -> None:
        self.log = MemoryLog({name: topic.partitions for name, topic in BY_NAME.items()})
        self.codec = Codec(MemoryRegistry())
        self.targets: dict[Target, MemoryTarget] = {"erp": MemoryTarget(), "crm": MemoryTarget()}
        self.ledgers: dict[Target, MemoryLedger] = {"erp": MemoryLedger(), "crm": MemoryLedger()}
        self.sinks: list[Any] = [MemorySink(name, held) for name, held in self.targets.items()]

    def send(self, target: Target, commands: Iterable[Command]) -> None:
        topic = COMMAND[target]
        for command in commands:
            partition = partition_for(command.account_id, ACCOUNT_PARTITIONS)
            self.log.append(topic.name, self.codec.encode(topic, command), command.key.encode(), partition)

    def effects(self, target: Target) -> list[Effect]:
        return [self.codec.read(value, Effect) for value in self.log.values(EFFECT[target].name)]

    def committed(self) -> int:
        return sum(self.log.committed[GROUP].values())

    async def live(self, until: Callable[[], bool] = lambda: False) -> None:
        """A worker's life, which ends when the condition holds, or by its own failure."""
        engine = Engine("", GROUP, FAST, consumer_factory=self.log.consumer, producer_factory=self.log.producer)
        failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()

        def fail(error: BaseException) -> None:
            if not failure.done():
                failure.set_exception(error)

        built = [build_runner(s, self.ledgers[s.target], self.codec, SinkSettings(), fail) for s in self.sinks]
        runners = {runner.topic: runner for runner in built}
        watching = asyncio.create_task(_stop_when(until, stop))
        try:
            await consume(engine, runners, stop, failure)
        finally:
            stop.set()
            await watching


async def _stop_when(condition: Callable[[], bool], stop: asyncio.Event) -> None:
    async with asyncio.timeout(15):
        while not condition() and not stop.is_set():  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0.002)
    stop.set()


def test_commands_of_both_targets_have_their_effects_and_are_committed() -> None:
    line = Line()
    line.send("erp", [command for i in range(30) for command in (customer(f"a{i}"), order(f"o{i}", f"a{i}"))])
    line.send("crm", [account_link(f"a{i}", f"C{i}") for i in range(30)])
    asyncio.run(line.live(lambda: len(line.effects("erp")) == 60 and len(line.effects("crm")) == 30))
    assert line.committed() == 90
    for effect in line.effects("erp"):
        assert effect.outcome == "applied"


def test_effects_stand_in_the_account_s_partition() -> None:
    line = Line()
    line.send("erp", [customer(f"a{i}") for i in range(20)])
    asyncio.run(line.live(lambda: len(line.effects("erp")) == 20))
    for tp, records in line.log.records.items():
        if tp.topic == EFFECT["erp"].name:
            for record in records:
                account = line.codec.read(record.value(), Effect).account_id
                assert tp.partition == partition_for(account, ACCOUNT_PARTITIONS)


def test_stop_leaves_what_waits_and_the_next_worker_does_it_once() -> None:
    line = Line()
    line.send("erp", [order(f"o{i}", f"a{i % 7}") for i in range(200)])
    asyncio.run(line.live(lambda: len(line.effects("erp")) >= 20))
    first = len(line.effects("erp"))
    assert first < 200
    assert line.committed() <= first
    asyncio.run(line.live(lambda: line.committed() == 200))
    assert {effect.key for effect in line.effects("erp")} == {f"o{i}" for i in range(200)}
    assert len(line.targets["erp"].writes) == 200


def test_a_paused_target_holds_up_neither_the_other_nor_the_stop() -> None:
    line = Line()
    line.targets["erp"].faults.away = Unreachable("connection refused")
    line.send("erp", [order(f"o{i}", f"a{i}") for i in range(20)])
    line.send("crm", [account_link(f"a{i}", f"C{i}") for i in range(20)])
    asyncio.run(line.live(lambda: len(line.effects("crm")) == 20))
    assert line.effects("erp") == []
    assert line.committed() == 20


def test_a_database_that_is_down_stops_the_worker_and_commits_nothing_unfinished() -> None:
    line = Line()

    class Broken(MemoryLedger):
        async def begin(self, *args: Any, **kwargs: Any) -> Any:
            raise LedgerUnavailable

    line.ledgers["erp"] = Broken()
    line.send("erp", [order("o", "a")])
    with pytest.raises(LedgerUnavailable, match="operations database"):
        asyncio.run(line.live())
    assert line.committed() == 0


def test_a_broker_that_takes_no_effect_stops_the_worker_and_the_next_tells_it() -> None:
    line = Line()
    line.log.fail_next("delivery", KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT)))
    line.send("erp", [order("o", "a")])
    with pytest.raises(TransportError):
        asyncio.run(line.live())
    assert line.committed() == 0
    asyncio.run(line.live(lambda: line.committed() == 1))
    assert len(line.targets["erp"].writes) == 1
    assert len({effect.effect_id for effect in line.effects("erp")}) == 1  # told twice at most, with one id


@pytest.mark.parametrize("lost", [False, True])
def test_a_partition_that_comes_back_has_a_new_epoch_and_one_effect_each(lost: bool) -> None:
    line = Line()
    commands = [order(f"o{i}", f"a{i}") for i in range(800)]
    line.send("erp", commands)

    async def life() -> None:
        def shaken() -> bool:
            if len(line.effects("erp")) > 10 and not shaken_once:
                shaken_once.append(True)
                line.log.consumers[-1].rebalance([TP(COMMAND["erp"].name, i) for i in range(4)], lost=lost)
            return line.committed() == 800

        shaken_once: list[bool] = []
        await line.live(shaken)

    asyncio.run(life())
    assert max(line.ledgers["erp"].epochs.values()) == 2
    for command in commands:
        assert line.targets["erp"].created("order.place", command.key) == 1
    assert {effect.key for effect in line.effects("erp")} == {command.key for command in commands}


def test_the_calls_of_a_worker_that_stops_are_finished() -> None:
    line = Line()
    under_way: list[str] = []

    class Slow(MemorySink):
        async def write(self, command: Command, found: Found | None) -> Any:
            under_way.append(command.key)
            await asyncio.sleep(0.05)
            return await super().write(command, found)

    line.sinks = [Slow("erp", line.targets["erp"])]
    line.send("erp", [order(f"o{i}", f"a{i}") for i in range(16)])
    asyncio.run(line.live(lambda: len(under_way) >= 8))
    assert {effect.key for effect in line.effects("erp")} == set(under_way)
