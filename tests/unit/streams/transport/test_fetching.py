"""What comes out of the consumer: nothing is passed over, and the end of a partition is noticed."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from manual import Record

from streams.transport import TP, ConsumptionFailed
from streams.transport.fetching import UNREADABLE, Fetcher
from streams.transport.lookahead import LookAhead
from streams.transport.partition import Partition

IN = TP("in", 0)


class Told(Record):
    """An error of a partition."""

    def __init__(self, code: int, offset: int = 7, **flags: bool) -> None:
        super().__init__(IN, offset)
        self._error = KafkaError(code, **flags)

    def error(self) -> Any:
        return self._error


class Source:
    """A consumer that gives what it has."""

    def __init__(self, *messages: Any) -> None:
        self.messages = list(messages)
        self.ends = (0, -1001)
        self.kept = -1001
        self.asked = 0
        self.broken = False

    def poll(self, _timeout: float) -> Any:
        return self.messages.pop(0) if self.messages else None

    def consume(self, _most: int, _timeout: float) -> list[Any]:
        given, self.messages = self.messages, []
        return given

    def get_watermark_offsets(self, _place: Any, *, cached: bool = False, timeout: float = 0) -> tuple[int, int]:
        if cached:
            return (0, -1001)
        self.asked += 1
        if self.broken:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return self.ends

    def committed(self, places: list[Any], timeout: float) -> list[Any]:
        places[0].offset = self.kept
        return places


def fetcher(*messages: Any) -> tuple[Fetcher, Partition]:
    partition = Partition(IN)
    return Fetcher(Source(*messages), {IN: partition}), partition


@pytest.mark.parametrize("code", sorted(UNREADABLE))
def test_a_record_that_cannot_be_read_is_not_passed_over(code: int) -> None:
    made, _ = fetcher(Told(code))
    with pytest.raises(ConsumptionFailed, match=r"in\[0\] at offset 7 cannot be read"):
        made.fetch(10, 0)


def test_a_fatal_error_stops() -> None:
    made, _ = fetcher(Told(KafkaError._FATAL, fatal=True))
    with pytest.raises(ConsumptionFailed, match="fatal"):
        made.fetch(1, 0)


def test_other_errors_are_only_told() -> None:
    made, _ = fetcher(Record(IN, 3), Told(KafkaError._TRANSPORT), Record(IN, 4))
    assert [m.offset() for m in made.fetch(10, 0)] == [3, 4]


def test_the_end_of_a_partition_is_behind_its_last_marker() -> None:
    made, partition = fetcher(Record(IN, 5), Told(KafkaError._PARTITION_EOF, offset=7))
    made.group(made.fetch(10, 0))
    assert partition.position == 7


def test_offsets_that_go_back_stop() -> None:
    made, _ = fetcher()
    made.group([Record(IN, 5)])
    with pytest.raises(ConsumptionFailed, match="went back from 6 to 2"):
        made.group([Record(IN, 2)])


def test_messages_of_partitions_that_are_not_ours_are_left_out() -> None:
    made, _ = fetcher()
    assert made.group([Record(TP("other", 0), 5)]) == {}


class Rebalanced(Source):
    """A consumer that gives what comes first; then its partition is lost, comes back, and is read from there anew."""

    def __init__(self, owned: dict[TP, Partition], first: Any, *after: Any) -> None:
        super().__init__(first, *after)
        self._owned = owned

    def consume(self, most: int, timeout: float) -> list[Any]:
        self._owned[IN] = Partition(IN)
        return super().consume(most, timeout)


def test_what_was_polled_before_a_rebalance_is_not_taken_into_the_new_ownership() -> None:
    owned = {IN: Partition(IN)}
    fetched = Fetcher(Rebalanced(owned, Record(IN, 7), Record(IN, 3)), owned).fetch(10, 0)
    assert [message.offset() for message in fetched] == [3]


def test_a_partition_that_is_never_fetched_is_asked_about_now_and_then() -> None:
    partition, source = Partition(IN), Source()
    ahead = LookAhead(source, {IN: partition}, ask_after=10)
    for now in range(1, 10):
        ahead.look(now)
    assert partition.progress().lag is None
    source.ends = (40, 100)
    for now in range(10, 15):
        ahead.look(now)
    assert source.asked == 1
    assert partition.progress().lag == 60


@pytest.mark.parametrize(("kept", "known"), [(70, 70), (-1001, None)])
def test_where_the_group_stood_before_is_asked_along(kept: int, known: int | None) -> None:
    partition, source = Partition(IN), Source()
    source.ends, source.kept, partition.position = (40, 100), kept, 100  # the end was told, nothing was delivered
    LookAhead(source, {IN: partition}, ask_after=0).look(1)
    assert partition.progress().committed == known


def test_a_broker_that_does_not_answer_changes_nothing() -> None:
    partition, source = Partition(IN), Source()
    source.broken = True
    ahead = LookAhead(source, {IN: partition}, ask_after=1)
    for now in range(1, 5):
        ahead.look(now)
    assert source.asked >= 2
    assert partition.progress().lag is None
