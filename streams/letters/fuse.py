"""The flood fuse: stops a worker that makes letters of everything, such as after a bad deploy. Pure; time is passed in.

Only reasons that can be ours count (`floods` in the catalogue). A letter that a person must read is worth nothing
when ten thousand others say the same: the worker stops, nothing unfinished is acknowledged, and it is read again.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

from schemas.reasons import Reason, catalogue
from streams.runtime.settings import FuseSettings

_SHOWN = 5  # records named in the message


class FloodStopped(Exception):
    """Too many letters for reasons that can be ours: the worker stopped before it filled the dead-letter topics."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One letter as the message names it: where its record is, and what went wrong."""

    reason: Reason
    origin: str
    detail: str


@dataclass(slots=True)
class _Bucket:
    since: datetime
    seen: int = 0
    failed: Counter[Reason] = field(default_factory=Counter)


class Fuse:
    """Counts events and letters of one stage. One caller at a time."""

    def __init__(self, stage: str, limits: FuseSettings) -> None:
        self._stage = stage
        self._limits = limits
        self._buckets: deque[_Bucket] = deque()
        self._run = 0
        self._last_failed = False
        self._newest: deque[Failed] = deque(maxlen=_SHOWN)

    @property
    def ratio(self) -> float:
        """Letters that count, per event of the window."""
        seen = sum(bucket.seen for bucket in self._buckets)
        return self._failures() / seen if seen else 0.0

    def seen(self, now: datetime) -> None:
        """An event begins. What the one before it came to is settled with that."""
        if not self._last_failed:
            self._run = 0
        self._last_failed = False
        self._bucket(now).seen += 1

    def letter(self, failed: Failed, now: datetime) -> None:
        """The event became a letter. Raises FloodStopped when that is one too many."""
        if not catalogue()[failed.reason].floods:
            return
        self._run += not self._last_failed
        self._last_failed = True
        self._bucket(now).failed[failed.reason] += 1
        self._newest.append(failed)
        seen = sum(bucket.seen for bucket in self._buckets)
        if self._run >= self._limits.run:
            raise FloodStopped(self._words(f"the last {self._run} events in a row"))
        if seen >= self._limits.least and self._failures() >= self._limits.ratio * seen:
            minutes = self._limits.window.total_seconds() / 60
            raise FloodStopped(self._words(f"{self._failures()} of {seen} events within {minutes:g} minutes"))

    def _bucket(self, now: datetime) -> _Bucket:
        while self._buckets and self._buckets[0].since <= now - self._limits.window:
            self._buckets.popleft()
        if not self._buckets or now - self._buckets[-1].since > self._limits.window / 50:
            self._buckets.append(_Bucket(now))
        return self._buckets[-1]

    def _failures(self) -> int:
        return sum(bucket.failed.total() for bucket in self._buckets)

    def _words(self, what: str) -> str:
        counts: Counter[Reason] = sum((bucket.failed for bucket in self._buckets), Counter())
        reasons = ", ".join(f"{count} {reason.value}" for reason, count in counts.most_common())
        first = counts.most_common(1)[0][0].value
        records = "; ".join(f"{one.origin}: {one.reason.value}" for one in self._newest)
        return (
            f"{self._stage} stopped: {what} became dead letters ({reasons}), which looks like our own fault. "
            f"Newest: {self._newest[-1].detail[:300]} | Records: {records}. The batch at hand is not acknowledged. "
            f"Look: `meshline dlq list --reason {first}`, ops/runbooks/{first}.md. Roll back or repair, then start the "
            "worker again. If it is the data's fault: start it once with MESHLINE_FUSE__ENABLED=false."
        )


def fuse_for(stage: str, limits: FuseSettings) -> Fuse | None:
    """The fuse of one stage of a worker; None where the settings say so."""
    return Fuse(stage, limits) if limits.enabled else None
