"""How far both sides have been read: two clocks that only go forward. Pure; `now` is a parameter.

*Frontier*: everything recorded before it has been read. The broker is asked for the ends of all feeds; when a feed has
been read up to its end, its frontier is the moment of asking. It moves without traffic, and stands still while the
broker does not answer or the reconciler lags: then nothing is judged.

*Watermark*: the frontier, held back by event time. A feed that works through a backlog tells of the past although it
is read to its end; until its event time has caught up, the other side's changes may still find their counterpart.
A feed that has been silent for `idle` holds nothing back: else a missing record would wait for traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.rows import Feed

#: Before everything: nothing is known yet.
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Progress:
    reached: int  #: the next offset to read
    row_at: datetime  #: when a row came last, by our clock; at first the start
    event_time: datetime = NEVER
    asked_at: datetime | None = None
    asked_end: int = 0
    frontier: datetime = NEVER

    def reach(self, offset: int) -> None:
        self.reached = max(self.reached, offset)
        self.settle()

    def settle(self) -> None:
        if self.asked_at is not None and self.reached >= self.asked_end:
            self.frontier = max(self.frontier, self.asked_at)
            self.asked_at = None


class Watermarks:
    """Progress of every feed of both sides."""

    def __init__(self, feeds: Mapping[Feed, int], idle: timedelta, now: datetime, judged_to: datetime = NEVER) -> None:
        """`feeds`: the next offset to read of each. `judged_to`: how far an earlier run over these offsets got."""
        self._feeds = {feed: _Progress(offset, now) for feed, offset in feeds.items()}
        self._idle = idle
        self.held = judged_to  #: the watermark as last judged by

    def on_row(self, feed: Feed, offset: int, event_time: datetime | None, now: datetime) -> bool:
        """A row was read, None where it is unreadable. Whether it is late: older than what was judged already."""
        progress = self._feeds[feed]
        late = event_time is not None and event_time < self.held
        if event_time is not None:
            progress.event_time = max(progress.event_time, event_time)
        progress.row_at = now
        progress.reach(offset + 1)
        return late

    def on_end(self, feed: Feed, offset: int) -> None:
        """The feed is read up to this offset; what lies between its last row and it are not rows."""
        self._feeds[feed].reach(offset)

    def on_ends(self, ends: Mapping[Feed, int], asked_at: datetime) -> None:
        """The broker's answer: where each feed ended at that moment. A question still open stays the one to meet."""
        for feed, end in ends.items():
            progress = self._feeds[feed]
            if progress.asked_at is None:
                progress.asked_at, progress.asked_end = asked_at, end
            progress.settle()

    def frontier(self) -> datetime:
        """Everything that any feed recorded before it has been read."""
        return min((one.frontier for one in self._feeds.values()), default=NEVER)

    def watermark(self, now: datetime) -> datetime:
        """Everything that happened before it, on both sides, has been read. Never goes back."""
        marks = (self._mark(one, now) for one in self._feeds.values())
        self.held = max(self.held, min(marks, default=NEVER))
        return self.held

    def feeds(self) -> Iterable[tuple[Feed, int]]:
        """Each feed and the next offset to read."""
        return ((feed, one.reached) for feed, one in self._feeds.items())

    def _mark(self, progress: _Progress, now: datetime) -> datetime:
        if now - progress.row_at >= self._idle:
            return progress.frontier
        return min(progress.frontier, progress.event_time)
