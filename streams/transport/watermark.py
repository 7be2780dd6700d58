"""The contiguous watermark of one partition: pure, no clock, no thread, no Kafka.

Delivery order is the only truth. A `Span` is a run of delivered messages; the watermark is the place where a restart
must resume: the first delivered record that is not finished, or the end of the last span when all are.

    delivered      [100 .. 103]  [104 .. 109]  [112 .. 115]     (110, 111 were never delivered: a transaction's
    finished            yes          yes            no            marker, or compacted away; nobody waits for them)
    watermark                           110 ^

Offsets are never compared across spans: should the log go back (a topic made anew), so does the watermark, and records
are repeated; the larger of two offsets would skip some. (The consumer's thread stops the worker before that.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class Span:
    """A run of delivered messages, `first` to before `end`. `low`: the first of them that is not finished."""

    __slots__ = ("end", "finished", "first", "low")

    def __init__(self, first: int, end: int) -> None:
        self.first = first
        self.end = end
        self.low = first
        self.finished = False

    def __repr__(self) -> str:
        return f"Span({self.first}..{self.low}..{self.end}{', finished' if self.finished else ''})"


class Watermark:
    """The end of the longest finished prefix of one partition, within one ownership of it."""

    __slots__ = ("_spans", "position")

    def __init__(self) -> None:
        self._spans: deque[Span] = deque()
        self.position: int | None = None  #: the offset to commit; None until something is finished

    def deliver(self, first: int, end: int) -> Span:
        """Enter the next run of delivered messages."""
        span = Span(first, end)
        self._spans.append(span)
        return span

    def advance(self) -> bool:
        """Move over what is finished; True when the position changed."""
        before = self.position
        spans = self._spans
        while spans and spans[0].finished:
            self.position = spans.popleft().end
        if spans and spans[0].low != spans[0].first:
            self.position = spans[0].low
        return self.position != before

    def __len__(self) -> int:
        """How many spans are not passed yet."""
        return len(self._spans)


class RecordTracker:
    """Records of one span, completed one by one in any order."""

    __slots__ = ("_done", "_index", "_low", "_offsets", "end")

    def __init__(self, offsets: Sequence[int], end: int) -> None:
        self._offsets = offsets
        self._index = {offset: i for i, offset in enumerate(offsets)}
        self._done = bytearray(len(offsets))
        self._low = 0
        self.end = end

    def complete(self, offset: int) -> bool:
        """Mark one record; False when it was marked before. KeyError: no such record in the span."""
        i = self._index[offset]
        if self._done[i]:
            return False
        self._done[i] = 1
        low = self._done.find(0, self._low)
        self._low = len(self._offsets) if low < 0 else low
        return True

    @property
    def low(self) -> int:
        """The offset of the first record that is not complete; the end of the span when all are."""
        return self._offsets[self._low] if self._low < len(self._offsets) else self.end

    @property
    def complete_all(self) -> bool:
        return self._low == len(self._offsets)
