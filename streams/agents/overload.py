"""The clock behind batch mode: looks at what waits for each target, and switches flows over and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaException
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.overload import Load, Thresholds, keep_step
from streams.runtime import metrics
from streams.runtime.clock import Clock
from streams.runtime.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OverloadWatch:
    """Each worker looks; what they see is kept in one row per target, so that all of them decide alike."""

    database: AsyncEngine
    waiting: Callable[[], Mapping[str, int]]  #: target -> commands that wait; blocking, raises KafkaException
    limits: Thresholds
    clock: Clock

    async def run(self, stop: asyncio.Event, every_s: float) -> None:
        """Look every so many seconds until stopped. Raises when the database is away."""
        while not stop.is_set():
            await self.step()
            try:
                await asyncio.wait_for(stop.wait(), every_s)
            except TimeoutError:
                continue

    async def step(self) -> dict[str, Load]:
        """One look: target -> its load. Nothing, and no switch, where the broker does not answer."""
        try:
            waiting = await asyncio.to_thread(self.waiting)
        except KafkaException as error:
            log.info("nobody can say what waits for the targets now", error=str(error)[:200])
            return {}
        return {target: await self._look(target, count) for target, count in sorted(waiting.items())}

    async def _look(self, target: str, waiting: int) -> Load:
        async with self.database.begin() as connection:
            load, switched = await keep_step(connection, target, waiting, self.limits, self.clock())
        metrics.COMMANDS_WAITING.labels(target).set(waiting)
        metrics.OVERLOADED.labels(target).set(load.overloaded)
        if switched:
            metrics.MODE_SWITCHES.labels(target, "batch" if load.overloaded else "event").inc()
            tell = log.warning if load.overloaded else log.info
            said = "more waits than is written: flows may gather" if load.overloaded else "the target keeps up again"
            tell(said, target=target, waiting=waiting, overloaded=load.overloaded)
        return load
