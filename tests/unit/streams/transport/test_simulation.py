"""The whole engine against a simple model, in both disciplines: nothing lost, nothing doubled, order kept.

    model    the log of the inputs, the group's committed offsets, the log of the outputs
    always   at least once: every input before the committed offset has its output in the log
             exactly once:  the outputs are those of the inputs before the committed offset, each one time
             outputs of a partition come for the first time in the order of its inputs
    at last  when nothing goes wrong any more, everything is done: no partition is forgotten, nobody waits for ever

The long form: `python tests/unit/streams/transport/long_run.py --steps 1000000`.
"""

from __future__ import annotations

import logging
from collections import Counter
from random import Random
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from simulation import MOVES, PLACES, Worker

from streams.transport import TP
from streams.transport.memory import MemoryLog

logging.getLogger("mesh.transport").addHandler(logging.NullHandler())

SEEDS = st.integers(0, 2**32 - 1)


def _error(code: int, **flags: bool) -> KafkaException:
    return KafkaException(KafkaError(code, **flags))


#: What can go wrong at the broker: call, and error.
AT_LEAST_ONCE_FAILURES = [
    ("commit", _error(KafkaError.ILLEGAL_GENERATION)),
    ("delivery", _error(KafkaError._MSG_TIMED_OUT)),
    ("consume", _error(KafkaError._TRANSPORT)),
]
_STEPS = ("send_offsets_to_transaction", "commit_transaction", "commit_transaction, done", "abort_transaction")
EXACTLY_ONCE_FAILURES = [
    *((step, _error(KafkaError._TIMED_OUT, retriable=True)) for step in (*_STEPS, "init_transactions")),
    *((step, _error(KafkaError.NOT_COORDINATOR, retriable=True)) for step in _STEPS if "done" not in step),
    *((step, _error(KafkaError.ILLEGAL_GENERATION, txn_requires_abort=True)) for step in _STEPS[:2]),
    ("commit_transaction", _error(KafkaError._FENCED, fatal=True)),
    ("begin_transaction", _error(KafkaError._STATE)),
    ("consume", _error(KafkaError._TRANSPORT)),
]


class Simulation(RuleBasedStateMachine):
    """Deliver, acknowledge in any order, fail, rebalance, gap, refuse commits, time out, kill, restart, zombies."""

    delivery: Any
    failures: list[tuple[str, KafkaException]]

    def __init__(self) -> None:
        super().__init__()
        self.log = MemoryLog({"in": len(PLACES), "out": 1})
        self.zombies: list[Worker] = []
        self.started = 0

    @initialize(seed=SEEDS, any_order=st.booleans())
    def begin(self, seed: int, any_order: bool) -> None:
        self.any_order = any_order
        self.start(seed)

    def start(self, seed: int, name: str = "w") -> None:
        MOVES["start"] += 1
        self.started += 1
        self.worker = Worker(self.log, self.delivery, Random(seed), name, any_order=self.any_order)

    # -- inputs

    @rule(tp=st.sampled_from(PLACES), gaps=st.lists(st.integers(0, 2), min_size=1, max_size=9))
    def append(self, tp: TP, gaps: list[int]) -> None:
        for gap in gaps:
            MOVES["append"] += 1
            for _ in range(gap):
                self.log.skip(tp.topic, tp.partition)
            self.log.append(tp.topic, b"v", b"%d" % tp.partition, tp.partition)

    # -- work

    @rule(turns=st.integers(1, 6))
    def work(self, turns: int) -> None:
        for _ in range(turns):
            self.worker.turn()
            self.worker.play()

    @rule()
    def turn(self) -> None:
        self.worker.turn()

    @rule()
    def play(self) -> None:
        self.worker.play()

    # -- what goes wrong

    @rule(tps=st.lists(st.sampled_from(PLACES), min_size=1, unique=True), lost=st.booleans(), back=st.booleans())
    def rebalance(self, tps: list[TP], lost: bool, back: bool) -> None:
        MOVES["rebalance"] += 1
        mine = [tp for tp in tps if tp in self.worker.consumer.owned]
        if mine and not self.worker.dead:
            self.worker.consumer.rebalance(mine, lost=lost, give_back=back)

    @rule()
    def give_back(self) -> None:
        if not self.worker.dead and self.worker.consumer.owned:
            self.worker.consumer.give(PLACES)

    @rule(which=st.integers(0, 100))
    def fail_next(self, which: int) -> None:
        MOVES["failure"] += 1
        self.log.fail_next(*self.failures[which % len(self.failures)])

    @rule(seed=SEEDS, kill=st.booleans())
    def restart(self, seed: int, kill: bool) -> None:
        """Killed or stopped, and started again: only the broker remembers."""
        MOVES["kill" if kill else "stop"] += 1
        self.worker.kill() if kill else self.worker.end()
        self.start(seed)

    @rule(seed=SEEDS, told=st.booleans(), same_name=st.booleans())
    def be_forgotten(self, seed: int, told: bool, same_name: bool) -> None:
        """The group does without a worker that was too quiet; another takes over, and the first one goes on."""
        if self.worker.dead or self.zombies:
            return
        MOVES["zombie"] += 1
        self.worker.consumer.expel(told=told)
        self.zombies = [self.worker]
        self.start(seed, "w" if same_name else f"w{self.started}")

    @rule(turns=st.integers(1, 4))
    def haunt(self, turns: int) -> None:
        for zombie in self.zombies:
            for _ in range(turns):
                zombie.play()
                zombie.turn()
        self.zombies = [zombie for zombie in self.zombies if not zombie.dead]

    # -- what must hold

    def committed(self, tp: TP) -> int:
        return self.log.committed["group"].get(tp, 0)

    def done(self) -> Counter[bytes]:
        """Outputs of the inputs before the committed offsets."""
        records = [r for tp in PLACES for r in self.log.records[tp][: self.committed(tp)] if r is not None]
        return Counter(b"%d:%d" % (r.partition(), r.offset()) for r in records)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        outputs = Counter(self.log.values("out"))
        if self.delivery == "exactly-once":
            assert outputs == self.done()
        else:
            assert not self.done().keys() - outputs.keys()
        assert b"late" not in outputs

    @invariant()
    def order_is_kept(self) -> None:
        if self.any_order:
            return
        last = dict.fromkeys(range(len(PLACES)), -1)
        seen = set()
        for value in self.log.values("out"):
            partition, offset = map(int, (value or b"").split(b":"))
            if value not in seen:
                seen.add(value)
                assert offset > last[partition], "order"
                last[partition] = offset

    def teardown(self) -> None:
        """Nothing goes wrong any more: everything must be done in the end."""
        if not self.started:
            return
        self.log.heal()
        self.worker.end()
        self.start(1)
        self.worker.diligent = True
        for _ in range(2000):
            if all(self.committed(tp) >= self.last(tp) for tp in PLACES):
                break
            self.worker.turn()
            self.worker.play()
        else:
            raise AssertionError(
                f"not finished: {[self.committed(tp) for tp in PLACES]}, {self.worker.dispatcher.failure}"
            )
        self.nothing_is_lost_or_doubled()
        self.order_is_kept()

    def last(self, tp: TP) -> int:
        return next((r.offset() + 1 for r in reversed(self.log.records[tp]) if r is not None), 0)


class AtLeastOnceSimulation(Simulation):
    delivery = "at-least-once"
    failures = AT_LEAST_ONCE_FAILURES


class ExactlyOnceSimulation(Simulation):
    delivery = "exactly-once"
    failures = EXACTLY_ONCE_FAILURES


SHORT = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAtLeastOnce = AtLeastOnceSimulation.TestCase
TestAtLeastOnce.settings = SHORT
TestExactlyOnce = ExactlyOnceSimulation.TestCase
TestExactlyOnce.settings = SHORT
