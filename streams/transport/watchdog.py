"""The progress watchdog: a partition with lag on which nothing was finished for too long is reported, and is fatal.

A consumer can die quietly in many ways (a lock held by a library, an agent waiting for ever); a restart cures most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from streams.transport.errors import Stalled
from streams.transport.types import TP, Progress


@dataclass
class Watchdog:
    """Pure: `look` is told the time and what there is."""

    patience: float  #: seconds
    _since: dict[TP, tuple[int | None, float]] = field(default_factory=dict)

    def look(self, now: float, progress: Iterable[Progress]) -> Stalled | None:
        """The stalled partition that has waited longest, if any."""
        seen: dict[TP, tuple[int | None, float]] = {}
        worst: tuple[float, Progress] | None = None
        for p in progress:
            position, since = self._since.get(p.tp, (None, now))
            if p.tp not in self._since or position != p.watermark or not (p.lag or p.unfinished):
                since = now
            seen[p.tp] = (p.watermark, since)
            if now - since >= self.patience and (worst is None or now - since > worst[0]):
                worst = (now - since, p)
        self._since = seen
        if worst is None:
            return None
        waited, p = worst
        return Stalled(
            f"{p.tp} has not moved from offset {p.watermark} for {waited:.0f} s with a lag of {p.lag}: "
            f"{p.unfinished} messages fetched, {p.outstanding} batches held by agents"
        )


async def watch(progress: Callable[[], list[Progress]], patience: float, fail: Callable[[Stalled], None]) -> None:
    """Look every second, for ever; report the first stall."""
    watchdog = Watchdog(patience)
    while True:
        await asyncio.sleep(min(1.0, patience / 4))
        stalled = watchdog.look(time.monotonic(), progress())
        if stalled is not None:
            return fail(stalled)
