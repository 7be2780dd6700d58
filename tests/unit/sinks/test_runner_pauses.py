"""The runner when its target is away, when it is told to stop, and when it has lost its partition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from schemas import headers as names
from schemas.records import Command
from sinks.errors import Ambiguous, Failing, Fenced, Unreachable, WorkerStopped
from sinks.ledger import Place
from sinks.memory.ledger import MemoryLedger
from sinks.memory.sink import MemorySink, MemoryTarget
from tests.contract.sink_examples import order
from tests.contract.sink_worker import Bench


class Killed(WorkerStopped):
    """The worker dies here."""


@pytest.fixture
def target() -> MemoryTarget:
    return MemoryTarget()


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def bench(target: MemoryTarget, ledger: MemoryLedger) -> Bench:
    return Bench(MemorySink(held=target), ledger)


def outcomes(bench: Bench) -> list[str]:
    return [effect.outcome for effect in bench.effects()]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is in other code
            await asyncio.sleep(0)


def test_a_target_that_is_away_pauses_everything_and_nothing_is_lost(bench: Bench, target: MemoryTarget) -> None:
    bench.pause = 0.01
    target.faults.away = Unreachable("connection refused")
    bench.send([order(f"o{i}", f"a{i}") for i in range(20)])

    async def life() -> None:
        work = asyncio.create_task(bench.work())
        await until(lambda: hasattr(bench, "gate") and not bench.gate.open)
        await asyncio.sleep(0.05)  # several trials fail
        assert bench.log.out == []
        assert bench.log.committed == 0
        target.faults.away = None
        await work

    asyncio.run(life())
    assert outcomes(bench) == ["applied"] * 20
    assert bench.letters() == []


def test_a_record_that_alone_makes_the_target_fail_is_given_up(bench: Bench, target: MemoryTarget) -> None:
    class Poisoned(MemorySink):
        async def write(self, command: Command, found: Any) -> Any:
            if command.key == "poison":
                raise Failing("HTTP 500")
            return await super().write(command, found)

    bench.sink = Poisoned(held=target)
    bench.send([order("o1", "a"), order("poison", "b"), order("o2", "c"), order("o3", "b")])
    asyncio.run(bench.work())
    ((reason, headers),) = bench.letters()
    assert reason == "unclassified"
    assert headers[names.ATTEMPTS] == "3"
    assert sorted(effect.key for effect in bench.effects()) == ["o1", "o2", "o3"]


def test_calls_that_never_answer_become_ambiguous(bench: Bench, target: MemoryTarget) -> None:
    target.faults.fail("write", lambda: Ambiguous("no answer within 10 s"), times=3)
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    assert [reason for reason, _ in bench.letters()] == ["erp_ambiguous"]


def test_stop_finishes_what_runs_and_leaves_the_rest(bench: Bench, target: MemoryTarget) -> None:
    bench.width = 1
    started, finish = asyncio.Event(), asyncio.Event()

    class Slow(MemorySink):
        async def write(self, command: Command, found: Any) -> Any:
            started.set()
            await finish.wait()
            return await super().write(command, found)

    bench.sink = Slow(held=target)
    bench.send([order("o1", "a"), order("o2", "a"), order("o3", "b")])

    async def life() -> None:
        runner = bench.runner(lambda error: pytest.fail(str(error)))
        await runner.accept(bench.log.assign())
        await started.wait()
        stopping = asyncio.create_task(runner.stop())
        await asyncio.sleep(0)
        finish.set()
        await stopping

    asyncio.run(life())
    assert bench.log.committed == 1
    assert [effect.key for effect in bench.effects()] == ["o1"]


def test_stop_does_not_wait_for_a_paused_target(bench: Bench, target: MemoryTarget) -> None:
    bench.pause = 3600.0
    target.faults.away = Unreachable("connection refused")
    bench.send([order("o1", "a")])

    async def life() -> None:
        runner = bench.runner(lambda error: pytest.fail(str(error)))
        await runner.accept(bench.log.assign())
        await until(lambda: not bench.gate.open)
        async with asyncio.timeout(1):
            await runner.stop()

    asyncio.run(life())
    assert bench.log.committed == 0


# -- two workers


def test_a_worker_that_lost_its_partition_is_refused_by_the_ledger(bench: Bench, ledger: MemoryLedger) -> None:
    bench.send([order("o", "a")])
    old = asyncio.run(ledger.take_epoch("mesh.command.erp/0"))

    async def life() -> None:
        await bench.work()
        with pytest.raises(Fenced):
            await ledger.applied(order("o", "a"), "9", "9", Place("mesh.command.erp/0", old), bench.clock())

    asyncio.run(life())


def test_records_of_a_void_batch_are_not_started(bench: Bench, target: MemoryTarget) -> None:
    bench.send([order("o", "a")])

    async def life() -> None:
        runner = bench.runner(lambda error: pytest.fail(str(error)))
        batch = bench.log.assign()
        batch.open = False
        await runner.accept(batch)
        await runner.stop()

    asyncio.run(life())
    assert target.writes == []
