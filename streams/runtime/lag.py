"""How far a worker is behind, as metrics: read from the delivery layer's own view of its partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from streams.runtime import metrics
from streams.transport.errors import Stalled
from streams.transport.types import Progress

_EVERY_S = 2.0


def show(group: str, progress: Iterable[Progress]) -> None:
    """Set the lag of each assigned partition whose end is known."""
    for one in progress:
        if one.lag is not None:
            metrics.LAG.labels(group, one.tp.topic, str(one.tp.partition)).set(one.lag)


def count_stall(group: str, stalled: Stalled) -> None:
    """Called by the delivery layer's watchdog, before the worker ends."""
    metrics.STALLS.labels(group, stalled.tp.topic if stalled.tp else "", stalled.reader).inc()


async def keep_showing(group: str, progress: Callable[[], Iterable[Progress]], stop: asyncio.Event) -> None:
    """Refresh the lag until stopped."""
    while not stop.is_set():
        show(group, progress())
        try:
            await asyncio.wait_for(stop.wait(), _EVERY_S)
        except TimeoutError:
            continue
