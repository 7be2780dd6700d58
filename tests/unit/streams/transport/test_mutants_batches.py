"""What mutants of the layer have shown to be missing elsewhere: batches that several agents read, or that come late."""

from __future__ import annotations

from manual import ManualOutlet, Record

from streams.transport import TP, Batch, Hooks
from streams.transport.dispatch import Dispatcher
from streams.transport.partition import Partition

PLACE = TP("a", 0)


def dispatched(taken: list[Batch], count: int, outlet: ManualOutlet | None = None) -> tuple[Dispatcher, Partition]:
    """A dispatcher that has these messages, and hands out two at a time."""
    dispatcher = Dispatcher(outlet or ManualOutlet(), Hooks(on_batch=taken.append), batch_size=2, max_outstanding=1)
    partition = Partition(PLACE)
    dispatcher.on_assigned([partition])
    dispatcher.on_messages({partition: [Record(PLACE, offset) for offset in range(count)]})
    return dispatcher, partition


def test_a_batch_of_two_agents_is_finished_when_both_are_through() -> None:
    taken: list[Batch] = []
    _, partition = dispatched(taken, 2)
    taken[0].share(2)
    taken[0].done()
    assert partition.watermark.position is None
    taken[0].done()
    assert partition.watermark.position == 2


def test_a_batch_whose_outputs_are_not_in_the_broker_is_not_finished() -> None:
    taken: list[Batch] = []
    outlet = ManualOutlet()
    _, partition = dispatched(taken, 2, outlet)
    for value in (b"1", b"2"):
        taken[0].emit("out", key=None, value=value)
    taken[0].done()
    outlet.acknowledge()
    assert partition.watermark.position is None
    outlet.acknowledge()
    assert partition.watermark.position == 2


def test_after_a_failure_a_batch_that_ends_brings_no_next_one() -> None:
    taken: list[Batch] = []
    dispatcher, _ = dispatched(taken, 4)
    dispatcher.fail(ValueError("elsewhere"))
    taken[0].done()
    assert len(taken) == 1


def test_what_is_fetched_after_a_backlog_was_dropped_does_not_carry_the_watermark_over_it() -> None:
    """The worker stops, and its consumer's thread has fetched once more before it knew."""
    taken: list[Batch] = []
    dispatcher, partition = dispatched(taken, 6)
    dispatcher.cut_off([partition])
    dispatcher.on_messages({partition: [Record(PLACE, 6)]})
    while taken:
        taken.pop(0).done()
    assert partition.to_commit() == 2
