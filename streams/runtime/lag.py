"""How far a worker is behind, as metrics: read from the delivery layer's own view of its partitions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from streams.runtime import metrics
from streams.transport.errors import Stalled
from streams.transport.types import TP, Progress

_EVERY_S = 2.0


def show(group: str, progress: Iterable[Progress], before: frozenset[TP] = frozenset()) -> frozenset[TP]:
    """Set what is known of each assigned partition; those of `before` that are gone wait here no more."""
    shown = set()
    for one in progress:
        shown.add(one.tp)
        labels = (group, one.tp.topic, str(one.tp.partition))
        if one.lag is not None:
            metrics.LAG.labels(*labels).set(one.lag)
        metrics.WAITING.labels(*labels).set(time.monotonic() - one.waiting.since if one.waiting else 0.0)
    for tp in before - shown:
        metrics.WAITING.labels(group, tp.topic, str(tp.partition)).set(0.0)
    return frozenset(shown)


def count_stall(group: str, stalled: Stalled) -> None:
    """Called by the delivery layer's watchdog, before the worker ends."""
    metrics.STALLS.labels(group, stalled.tp.topic if stalled.tp else "", stalled.reader).inc()


async def keep_showing(group: str, progress: Callable[[], Iterable[Progress]], stop: asyncio.Event) -> None:
    """Refresh the lag until stopped."""
    shown: frozenset[TP] = frozenset()
    while not stop.is_set():
        shown = show(group, progress(), shown)
        try:
            await asyncio.wait_for(stop.wait(), _EVERY_S)
        except TimeoutError:
            continue
