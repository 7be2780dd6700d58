"""The runner with a target in memory: one case at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from schemas import headers as names
from schemas.reasons import Reason
from schemas.records import Command
from schemas.topics import COMMAND_ERP
from sinks.errors import Ambiguous, Refused, WorkerStopped
from sinks.memory.faults import Step, When
from sinks.memory.ledger import MemoryLedger
from sinks.memory.sink import MemorySink, MemoryTarget
from tests.contract.sink_examples import customer, order
from tests.contract.sink_worker import CODEC, Bench


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


def test_an_effect_says_what_was_written(bench: Bench, target: MemoryTarget) -> None:
    sent = customer("a", 7)
    bench.send([sent])
    asyncio.run(bench.work())
    (effect,) = bench.effects()
    assert effect.effect_id == sent.command_id
    assert effect.external_id == "1"
    assert effect.external_number == "M1"
    assert effect.fields_compared == len(target.records["customer.upsert", "a"]["fields"])
    topic, partition, key, _, headers = bench.log.out[0]
    assert (topic, key) == ("mesh.effect.erp", b"a")
    assert dict(headers)[names.EVENT_ID] == sent.event_id.encode()
    assert partition is not None


@pytest.mark.parametrize(
    ("step", "when"), [("find", When.BEFORE), ("write", When.BEFORE), ("write", When.AFTER), ("read_back", When.BEFORE)]
)
def test_a_death_between_any_two_steps_leaves_one_effect(
    bench: Bench, target: MemoryTarget, step: Step, when: When
) -> None:
    target.faults.fail(step, Killed, when=when)
    bench.send([order("o", "a")])
    with pytest.raises(Killed):
        asyncio.run(bench.work())
    assert bench.log.committed == 0
    asyncio.run(bench.work())
    assert target.created("order.place", "o") == 1
    assert outcomes(bench) == ["applied"]


def test_a_death_before_the_acknowledgement_tells_the_effect_again_and_writes_nothing(
    bench: Bench, target: MemoryTarget
) -> None:
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    bench.log.completed.clear()  # the offset was never committed
    asyncio.run(bench.work())
    first, again = bench.effects()
    assert first.model_copy(update={"fields_compared": 0}) == again
    assert len(target.writes) == 1


def test_unchanged_and_stale_are_not_written(bench: Bench, target: MemoryTarget) -> None:
    bench.send([customer("a", 5), customer("a", 6), customer("a", 4, city="Bonn")])
    asyncio.run(bench.work())
    assert outcomes(bench) == ["applied", "unchanged", "stale"]
    assert {effect.external_id for effect in bench.effects()} == {"1"}
    assert len(target.writes) == 1


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(bench: Bench, target: MemoryTarget) -> None:
    target.faults.time_out_after_applying()
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    assert target.created("order.place", "o") == 1
    assert bench.effects()[0].attempts == 2


def test_absence_is_not_believed_while_a_lost_call_may_still_arrive(bench: Bench, target: MemoryTarget) -> None:
    """The call is applied only after two look-ups have found nothing."""
    bench.settle = 60.0
    lookups = 0

    class Late(MemorySink):
        async def find(self, command: Command) -> Any:
            nonlocal lookups
            lookups += 1
            if lookups == 4:  # 1 before the first write, 2 and 3 see nothing yet
                await super().write(command, None)
            return await super().find(command)

    bench.sink = Late(held=target)
    target.faults.fail("write", lambda: Ambiguous("no answer"))
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    assert target.created("order.place", "o") == 1
    assert lookups == 4


def test_what_an_earlier_worker_called_may_still_arrive_too(
    bench: Bench, target: MemoryTarget, ledger: MemoryLedger
) -> None:
    bench.settle = 0.2
    target.faults.fail("write", Killed)
    bench.send([order("o", "a")])
    with pytest.raises(Killed):
        asyncio.run(bench.work())
    lookups = 0

    class Late(MemorySink):
        async def find(self, command: Command) -> Any:
            nonlocal lookups
            lookups += 1
            if lookups == 2:
                await super().write(command, None)
            return await super().find(command)

    bench.sink = Late(held=target)
    asyncio.run(bench.work())
    assert target.created("order.place", "o") == 1


def test_a_refusal_is_a_letter_with_its_reason_and_the_lane_goes_on(bench: Bench, target: MemoryTarget) -> None:
    target.faults.fail("write", lambda: Refused(Reason.MISSING_PRODUCT, "no SKU-9", "SKU-8?"))
    bench.send([order("o1", "a"), order("o2", "a")])
    asyncio.run(bench.work())
    ((reason, headers),) = bench.letters()
    assert reason == "missing_product"
    assert headers[names.DETAIL] == "no SKU-9"
    assert headers[names.SUGGESTION] == "SKU-8?"
    assert headers[names.STAGE] == "sink"
    assert headers[names.SINK] == "memory"
    assert headers[names.ENTITY] == "opportunity"
    assert headers[names.ENTITY_KEY] == "o1"
    assert headers[names.SOURCE_OFFSET] == "0"
    assert [effect.key for effect in bench.effects()] == ["o2"]


def test_a_replayed_letter_is_tried_again(bench: Bench, target: MemoryTarget) -> None:
    target.faults.fail("write", lambda: Refused(Reason.MISSING_PRODUCT, "no SKU-9"))
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    assert outcomes(bench) == ["applied"]


def test_a_figure_that_reads_back_otherwise_is_a_letter(bench: Bench, target: MemoryTarget) -> None:
    class Rounding(MemorySink):
        async def read_back(self, command: Command, written: Any) -> Any:
            return {**await super().read_back(command, written), "total": written.sent["total"] + 1}

    bench.sink = Rounding(held=target)
    bench.send([order("o", "a")])
    asyncio.run(bench.work())
    ((reason, headers),) = bench.letters()
    assert reason == "erp_verification_failed"
    assert headers[names.DETAIL] == "read back otherwise than sent: total: sent 960.0000, found 961.0000"
    assert bench.effects() == []


def test_bytes_that_are_no_command_are_a_letter_bit_for_bit(bench: Bench) -> None:
    bench.log.append(b"k", b"\x00garbage", [("mesh-event-id", b"e-1"), ("theirs", b"\xff")])
    bench.log.append(b"k", None)
    bench.send([customer("a")])
    asyncio.run(bench.work())
    assert [reason for reason, _ in bench.letters()] == ["undecodable", "undecodable"]
    _, _, key, value, headers = next(out for out in bench.log.out if out[0] == "mesh.dlq.undecodable")
    assert (key, value) == (b"k", b"\x00garbage")
    assert dict(headers)["theirs"] == b"\xff"
    assert dict(headers)["mesh-event-id"] == b"e-1"
    assert dict(headers)["mesh-stage"] == b"sink"
    assert outcomes(bench) == ["applied"]


def test_a_command_without_its_body_is_a_letter(bench: Bench) -> None:
    broken = customer("a").model_copy(update={"customer": None})
    bench.log.append(b"a", CODEC.encode(COMMAND_ERP, broken))
    asyncio.run(bench.work())
    assert [reason for reason, _ in bench.letters()] == ["undecodable"]


def test_a_case_that_the_sink_does_not_know_is_a_letter_not_a_stop(bench: Bench, target: MemoryTarget) -> None:
    target.faults.fail("write", lambda: KeyError("surprise"))
    bench.send([order("o1", "a"), order("o2", "b")])
    asyncio.run(bench.work())
    ((reason, headers),) = bench.letters()
    assert reason == "unclassified"
    assert "KeyError: 'surprise'" in headers[names.DETAIL]
