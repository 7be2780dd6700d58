"""The watermark against a model that remembers everything."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.transport import RecordTracker, Watermark


class WatermarkMachine(RuleBasedStateMachine):
    """Deliver runs of records with gaps between and within; finish spans or single records in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.watermark = Watermark()
        self.next_offset = 0
        self.spans: list[tuple[object, RecordTracker, list[int]]] = []  # not finished, in delivery order
        self.delivered: list[int] = []
        self.finished: set[int] = set()
        self.ends: list[tuple[int, int]] = []  # (last record, end) of each span

    @rule(gaps=st.lists(st.integers(0, 3), min_size=1, max_size=6), back=st.booleans())
    def deliver(self, gaps: list[int], back: bool) -> None:
        if back and not self.spans:  # a topic made anew: offsets start over
            self.next_offset = 0
            self.delivered.clear()
            self.finished.clear()
            self.ends.clear()
            self.watermark = Watermark()
        offsets = []
        for gap in gaps:
            offsets.append(self.next_offset + gap)
            self.next_offset = offsets[-1] + 1
        span = self.watermark.deliver(offsets[0], self.next_offset)
        self.spans.append((span, RecordTracker(offsets, self.next_offset), offsets))
        self.delivered += offsets
        self.ends.append((offsets[-1], self.next_offset))

    @precondition(lambda self: self.spans)
    @rule(data=st.data())
    def finish_a_span(self, data: st.DataObject) -> None:
        span, _, offsets = self.spans.pop(data.draw(st.integers(0, len(self.spans) - 1)))
        span.finished = True
        self.finished.update(offsets)
        self.watermark.advance()

    @precondition(lambda self: self.spans)
    @rule(data=st.data())
    def finish_a_record(self, data: st.DataObject) -> None:
        i = data.draw(st.integers(0, len(self.spans) - 1))
        span, records, offsets = self.spans[i]
        offset = data.draw(st.sampled_from(offsets))
        assert records.complete(offset) is (offset not in self.finished)
        self.finished.add(offset)
        span.low = records.low
        if records.complete_all:
            span.finished = True
            self.spans.pop(i)
        self.watermark.advance()

    @invariant()
    def everything_before_the_position_is_finished(self) -> None:
        position = self.watermark.position
        if position is not None:
            assert all(offset in self.finished for offset in self.delivered if offset < position)

    @invariant()
    def the_position_is_where_a_restart_must_resume(self) -> None:
        waiting = [offset for offset in self.delivered if offset not in self.finished]
        position = self.watermark.position
        if waiting and position is not None:
            # between the last finished record and the first waiting one there may be a gap, and nothing in it
            assert position <= waiting[0]
            assert not [o for o in self.delivered if position <= o < waiting[0]]
        elif not waiting and self.delivered:
            assert position == self.ends[-1][1]
        elif waiting and waiting[0] == self.delivered[0]:
            assert position is None

    @invariant()
    def passed_spans_are_forgotten(self) -> None:
        assert len(self.watermark) <= len(self.ends)
        if not self.spans:
            assert len(self.watermark) == 0


WatermarkMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestWatermark = WatermarkMachine.TestCase


def test_a_fresh_group_commits_nothing_before_something_is_finished() -> None:
    watermark = Watermark()
    first, second = watermark.deliver(0, 5), watermark.deliver(5, 7)
    second.finished = True
    assert watermark.advance() is False
    assert watermark.position is None
    first.finished = True
    assert watermark.advance() is True
    assert watermark.position == 7


def test_a_gap_holds_nobody_up() -> None:
    watermark = Watermark()
    watermark.deliver(31, 32).finished = True
    watermark.advance()
    after_the_gap = watermark.deliver(35, 36)
    assert watermark.position == 32
    after_the_gap.finished = True
    watermark.advance()
    assert watermark.position == 36


def test_a_record_of_another_span_is_an_error() -> None:
    with pytest.raises(KeyError):
        RecordTracker([1, 3], 4).complete(2)
