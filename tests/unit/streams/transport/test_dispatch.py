"""The event loop's side against a simple model: whatever happens, nothing is committed that is not durable."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from manual import ManualOutlet, Record, Refusal

from streams.transport import TP, Batch, Hooks
from streams.transport.dispatch import Dispatcher
from streams.transport.partition import Partition

PLACES = [TP("a", 0), TP("b", 0)]
RARELY = st.integers(0, 19).map(lambda n: n == 7)


class DeliveryMachine(RuleBasedStateMachine):
    """A worker with two partitions: deliveries, bodies and acknowledgements in any order, failures, rebalances,
    commits that fail, and kills.
    """

    max_outstanding = 2

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[TP, list[int]] = {tp: [] for tp in PLACES}
        self.committed: dict[TP, int] = dict.fromkeys(PLACES, 0)  # in the broker
        self.durable: dict[TP, set[int]] = {tp: set() for tp in PLACES}
        self.start()

    @rule(really=RARELY)
    def restart(self, really: bool) -> None:
        """Killed, and started again: only the broker remembers."""
        if really or self.failed:
            self.start()

    def start(self) -> None:
        self.outlet = ManualOutlet()
        self.held: list[Batch] = []  # by agents
        self.bodies_done: list[Batch] = []
        self.emitted: dict[Batch, list[bool]] = {}  # per output: acknowledged?
        self.failed: list[Exception] = []
        self.owned: dict[TP, Partition] = {}
        self.cursor: dict[TP, int] = {}
        self.dispatcher = Dispatcher(
            self.outlet,
            Hooks(on_batch=self.take, on_failed=self.failed.append),
            batch_size=4,
            max_outstanding=self.max_outstanding,
        )
        for tp in PLACES:
            self.assign(tp)

    def assign(self, tp: TP) -> None:
        self.owned[tp] = Partition(tp)
        self.cursor[tp] = self.committed[tp]
        self.dispatcher.on_assigned([self.owned[tp]])

    def take(self, batch: Batch) -> None:
        earlier = [b for b in self.held + self.bodies_done if b.partition is batch.partition]
        assert all(b.next_offset <= batch.first_offset for b in earlier), "out of order"
        self.held.append(batch)
        self.emitted[batch] = []

    # -- the broker

    @rule(tp=st.sampled_from(PLACES), gaps=st.lists(st.integers(0, 2), min_size=1, max_size=8))
    def append(self, tp: TP, gaps: list[int]) -> None:
        for gap in gaps:
            self.log[tp].append((self.log[tp][-1] + 1 if self.log[tp] else 0) + gap)

    @rule(tp=st.sampled_from(PLACES), count=st.integers(1, 10))
    def fetch(self, tp: TP, count: int) -> None:
        offsets = [o for o in self.log[tp] if o >= self.cursor[tp]][:count]
        if offsets:
            self.cursor[tp] = offsets[-1] + 1
            self.owned[tp].fetched += len(offsets)
            self.dispatcher.on_messages({self.owned[tp]: [Record(tp, o) for o in offsets]})

    @rule(accepted=st.booleans())
    def commit(self, accepted: bool) -> None:
        for tp, partition in self.owned.items():
            offset = partition.to_commit()
            if offset is not None and accepted:
                partition.committed = self.committed[tp] = offset

    @rule(tp=st.sampled_from(PLACES), really=RARELY, lost=st.booleans())
    def take_away(self, tp: TP, really: bool, lost: bool) -> None:
        """Revoked with work unfinished, or lost, and given back; only a revoked one may still commit."""
        if not really:
            return
        partition = self.owned.pop(tp)
        self.dispatcher.drop_backlog([partition])
        if not lost and partition.to_commit() is not None:
            self.committed[tp] = partition.to_commit()
        self.dispatcher.close([partition])
        self.assign(tp)

    @rule(really=RARELY)
    def drain(self, really: bool) -> None:
        """The worker stops. What its consumer's thread has fetched meanwhile still comes."""
        if really:
            self.dispatcher.cut_off(list(self.owned.values()))

    # -- the agents

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def emit(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.held))
        before = len(self.outlet.sent)
        batch.emit("out", key=None, value=b"x")
        assert (len(self.outlet.sent) > before) is batch.open, "a void batch must not send"
        if batch.open:
            outputs = self.emitted[batch]
            outputs.append(False)
            topic, report = self.outlet.unacknowledged[-1]

            def noted(error: object, message: Record, i: int = len(outputs) - 1) -> None:
                outputs[i] = error is None
                self.note(batch)
                report(error, message)

            self.outlet.unacknowledged[-1] = (topic, noted)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        batch = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        self.bodies_done.append(batch)
        self.note(batch)
        batch.done()

    @precondition(lambda self: self.held)
    @rule(data=st.data(), really=RARELY)
    def body_raises(self, data: st.DataObject, really: bool) -> None:
        if not really:
            return
        batch = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        counted = batch.open
        batch.abandon(ValueError("boom"))
        assert not counted or self.failed

    @precondition(lambda self: self.outlet.unacknowledged)
    @rule(data=st.data(), refused=RARELY)
    def acknowledge(self, data: st.DataObject, refused: bool) -> None:
        i = data.draw(st.integers(0, len(self.outlet.unacknowledged) - 1))
        self.outlet.acknowledge(i, error=Refusal() if refused else None)

    def note(self, batch: Batch) -> None:
        """The model's own idea of durable: body done, and every output acknowledged."""
        if batch in self.bodies_done and all(self.emitted[batch]):
            self.durable[batch.tp].update(m.offset() for m in batch)

    # -- what must hold

    @invariant()
    def nothing_is_committed_that_is_not_durable(self) -> None:
        for tp in PLACES:
            for offset in self.log[tp]:
                assert offset >= self.committed[tp] or offset in self.durable[tp], f"{tp} lost {offset}"

    @invariant()
    def partitions_have_few_batches_outstanding(self) -> None:
        for partition in self.owned.values():
            assert 0 <= partition.outstanding <= self.max_outstanding
            assert partition.unfinished >= 0

    @invariant()
    def work_that_is_through_is_committable(self) -> None:
        if self.failed:
            return
        for tp, partition in self.owned.items():
            if partition.outstanding == 0 and not partition.resting and not partition.cut_off:
                assert not partition.backlog
                assert partition.unfinished == 0
                assert not partition.fetched or partition.watermark.position == self.cursor[tp]

    @invariant()
    def after_a_failure_nothing_more_is_handed_out(self) -> None:
        if self.failed:
            before = len(self.held)
            self.dispatcher.on_messages({p: [Record(p.tp, 10_000)] for p in self.owned.values()})
            assert len(self.held) == before


DeliveryMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestDelivery = DeliveryMachine.TestCase
