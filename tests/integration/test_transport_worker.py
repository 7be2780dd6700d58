"""Faust workers on a real broker: pass-through, failure, kill -9, rebalance."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Message
from transport_rig import Rig, rig, until

from streams.runtime.settings import Settings

QUICK = {"consumer": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300}}
MODES = pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])


@pytest.fixture
def parts(stack_settings: Settings) -> Iterator[Rig]:
    with rig(stack_settings.bootstrap) as made:
        yield made


def engine(parts: Rig, delivery: str, name: str = "w0", **options: Any) -> dict[str, Any]:
    return QUICK | {"delivery": delivery, "transactional_id": f"{parts.tag}-{name}"} | options


def numbers(count: int, start: int = 0) -> list[bytes]:
    return [b"%012d" % i for i in range(start, start + count)]


def order_violations(messages: list[Message]) -> int:
    """Of each key, first occurrences must come in the order they were sent in. The output has one partition."""
    last: dict[bytes, bytes] = {}
    seen: set[bytes] = set()
    violations = 0
    for message in messages:
        if message.value() not in seen:
            seen.add(message.value())
            violations += last.get(message.key(), b"") > message.value()
            last[message.key()] = message.value()
    return violations


def test_ordinary_agents_pass_everything_through_and_stop_cleanly(parts: Rig) -> None:
    first, second = parts.topic("a", 2), parts.topic("b")
    out, sent = parts.topic("out"), parts.topic("sent")
    parts.fill(first, numbers(2000))
    parts.fill(second, numbers(500, start=2000))
    worker = parts.worker(inputs=[first, second], out=out, engine=engine(parts, "at-least-once"), sent=sent)
    until(lambda: parts.committed(first) >= 2000 and parts.committed(second) >= 500)

    assert worker.end() == 0, worker.errors
    messages = parts.read(out)
    assert sorted(m.value() for m in messages) == numbers(2500)
    assert order_violations(messages) == 0
    assert sorted(m.headers() for m in messages if m.value() == b"%012d" % 7) == [[("n", b"7")]]
    assert sorted(m.value() for m in parts.read(sent)) == numbers(2000)


def test_an_agent_that_raises_stops_the_worker_with_one_line(parts: Rig) -> None:
    source, out = parts.topic("in"), parts.topic("out")
    parts.fill(source, [b"1", b"poison", b"3"])
    worker = parts.worker(inputs=[source], out=out, engine=engine(parts, "exactly-once"))

    assert worker.wait() == 1
    assert parts.committed(source) == 0
    said = [line for line in worker.errors if "decide" in line]
    assert len(said) == 1, worker.errors
    for word in ("agent decide failed", f"{source}[0]", "offsets 0..2", "ValueError: cannot digest this"):
        assert word in said[0]
    assert not [line for line in worker.errors if "Traceback" in line]
    assert parts.read(out) == []


@MODES
def test_kill_9_loses_nothing(parts: Rig, delivery: str) -> None:
    count, kills = 40_000, 4
    source, out = parts.topic("in", 4), parts.topic("out")
    parts.fill(source, numbers(count))
    options = engine(parts, delivery, group_instance_id="w0", batch_size=200, cycle_size=500)
    chance = random.Random(7)
    for _ in range(kills):
        worker = parts.worker(inputs=[source], out=out, engine=options, rate=10_000)
        assert worker.working.wait(30), worker.errors
        time.sleep(chance.uniform(0.1, 0.8))  # the moment of death is the input of this test
        worker.end(kill=True)
    assert 0 < parts.committed(source) < count, "the kills must fall into the work"
    worker = parts.worker(inputs=[source], out=out, engine=options)
    # commit markers take an offset, too, but only in what transactions wrote
    until(lambda: parts.committed(source) >= count)
    assert worker.end() == 0, worker.errors

    messages = parts.read(out)
    times = Counter(m.value() for m in messages)
    assert sorted(times) == numbers(count), "lost"
    assert order_violations(messages) == 0
    if delivery == "exactly-once":
        assert sum(times.values()) == count, "doubled"


def test_a_rebalance_in_exactly_once_loses_and_doubles_nothing(parts: Rig) -> None:
    count = 14_000
    source, out = parts.topic("in", 4), parts.topic("out")
    parts.fill(source, numbers(count))

    def start(name: str, rate: int) -> Any:
        # a cycle takes a second, so that rebalances fall into the middle of one
        options = engine(parts, "exactly-once", name, batch_size=200, cycle_size=1000)
        return parts.worker(inputs=[source], out=out, engine=options, rate=rate)

    first = start("w0", 1000)
    assert first.working.wait(30), first.errors
    second = start("w1", 1000)
    assert second.working.wait(30), second.errors
    assert first.end() == 0, first.errors
    assert parts.committed(source) < count, "the rebalances must fall into the work"
    third = start("w2", 0)
    until(lambda: parts.committed(source) >= count)
    assert [second.end(), third.end()] == [0, 0], second.errors + third.errors

    times = Counter(m.value() for m in parts.read(out))
    assert sorted(times) == numbers(count), "lost"
    assert sum(times.values()) == count, "doubled"
