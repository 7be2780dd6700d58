"""How long the line takes, measured: from the change in the source to its verified effect. Pure over a `Draft`.

    effects  ─▶  counts by (pair, target), day and size class  ─▶  p99.9 of the last seven days

Size classes grow by a quarter each, so a percentile is told at most that much too high, never too low. Counts only
grow and old days leave by the newest day seen: whatever the order of reading, the same effects give the same counts.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from datetime import date, datetime, timedelta

from reconciler.draft import Draft, key_of
from reconciler.rows import PairName
from schemas.records import CommandKind, Effect

LATENCY = b"l"
DAYS = 7
_QUANTILE_OF = 1000  #: p99.9: one in a thousand may be slower
#: Upper ends of the size classes in seconds: 0.1 s and, after 60 steps of a quarter, about 18 hours.
BOUNDS = tuple(0.1 * 1.25**step for step in range(61))
#: What an effect says about: the pair that waits for it, and the system that it was written to.
_MEASURES: dict[CommandKind, tuple[PairName, str]] = {
    "customer.upsert": ("account", "erp"),
    "account.link": ("account", "crm"),
    "order.place": ("opportunity", "erp"),
    "opportunity.link": ("opportunity", "crm"),
}


class Latencies:
    """Counts per pair and target."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._counts: dict[tuple[PairName, str], dict[date, dict[int, int]]] = defaultdict(dict)
        self._known: dict[PairName, timedelta] = {}

    def load(self) -> None:
        """What is written in the store."""
        self.clear()
        for key, value in self._draft.written(LATENCY):
            pair, target, day = key[1:].decode().split("\0")
            counts = {int(size): int(count) for size, count in json.loads(value).items()}
            self._counts[pair, target][date.fromisoformat(day)] = counts  # type: ignore[index]

    def clear(self) -> None:
        self._counts.clear()
        self._known.clear()

    def add(self, effect: Effect) -> None:
        """Take one effect in. Only what was written now says how long writing takes."""
        measured = _MEASURES.get(effect.kind)
        if measured is None or effect.outcome != "applied":
            return
        days = self._counts[measured]
        day = effect.applied_at.date()
        oldest = max([*days, day]) - timedelta(days=DAYS - 1)
        counts = days.setdefault(day, {})
        size = size_of(effect.applied_at, effect.occurred_at)
        counts[size] = counts.get(size, 0) + 1
        self._put(measured, day, counts)
        for old in [one for one in days if one < oldest]:
            del days[old]
            self._put(measured, old, None)
        self._known.pop(measured[0], None)

    def slowest(self, pair: PairName) -> timedelta:
        """p99.9 of the pair's slower target; zero while nothing was measured."""
        if pair not in self._known:
            found = (_percentile(days) for (name, _), days in self._counts.items() if name == pair)
            self._known[pair] = max(found, default=timedelta(0))
        return self._known[pair]

    def count(self, pair: PairName) -> int:
        """How many effects the pair's percentile rests on."""
        every = (days for (name, _), days in self._counts.items() if name == pair)
        return sum(count for days in every for counts in days.values() for count in counts.values())

    def _put(self, measured: tuple[PairName, str], day: date, counts: dict[int, int] | None) -> None:
        text = None if counts is None else json.dumps({str(size): counts[size] for size in sorted(counts)}).encode()
        self._draft.put(key_of(LATENCY, *measured, day.isoformat()), text)


def size_of(applied_at: datetime, occurred_at: datetime) -> int:
    """The size class of a latency. Clocks that disagree make none negative; beyond the last class is the last."""
    seconds = (applied_at - occurred_at).total_seconds()
    return min(bisect_left(BOUNDS, max(0.0, seconds)), len(BOUNDS) - 1)


def _percentile(days: dict[date, dict[int, int]]) -> timedelta:
    counts: dict[int, int] = defaultdict(int)
    for of_day in days.values():
        for size, count in of_day.items():
            counts[size] += count
    slower = sum(counts.values()) // _QUANTILE_OF  # so many may lie above it
    for size in sorted(counts, reverse=True):
        if slower < counts[size]:
            return timedelta(seconds=BOUNDS[size])
        slower -= counts[size]
    return timedelta(0)
