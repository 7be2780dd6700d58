"""Rules that are put live and taken back while workers read: no event by a mixture, and each as the forecast said.

The workers are real engines with transactions over a log in memory, on the real database, and die now and then.
`test_rules_worker_processes.py` does the same with processes on a broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.records import Stamped
from schemas.registry import MemoryRegistry
from schemas.topics import CLEAN, TOPICS
from streams.agents import DecideAgent
from streams.decide import Policy
from streams.publish import Publisher
from streams.rules import shipped
from streams.transport import TP, Engine, EngineOptions
from streams.transport.memory import MemoryLog
from tests.integration.operations import play
from tests.integration.rules_rig import (
    OTHER,
    OUTCOMES,
    Happened,
    customers,
    deals,
    foretold,
    judge,
)
from tests.integration.rules_rig import TOPICS as TOPIC_OF
from tests.integration.test_rules_activation import back, put
from tests.unit.streams.agents.crm_days import T0

READ = [topic.name for topic in CLEAN]


class MemoryWorld:
    """Topics in memory, and workers that are cut off in the middle of a batch."""

    def __init__(self, database: AsyncEngine, dice: Random) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS})
        self.codec = Codec(MemoryRegistry())
        self.database, self.dice, self.deaths = database, dice, 0
        self._found, self._read = Happened(), dict[TP, int]()

    def send(self, events: Sequence[Stamped]) -> None:
        for event in events:
            topic, meta = TOPIC_OF[type(event)], event.meta
            place = partition_for(meta.account_id, topic.partitions)
            self.log.append(topic.name, self.codec.encode(topic, event), meta.key.encode(), place)

    def happened(self) -> Happened:
        """What the topics tell by now; each record is looked at once."""
        with self.log.lock:
            for tp, records in self.log.records.items():
                for record in records[self._read.get(tp, 0) :] if tp.topic in OUTCOMES else ():
                    if record is not None:
                        self._found.take(tp.topic, record.headers())
                self._read[tp] = len(records)
        return self._found

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        options = EngineOptions(
            delivery="exactly-once", transactional_id="t", batch_size=7, poll_timeout=0.005, drain_timeout=0.05
        )
        engine = Engine("", "g", options, consumer_factory=self.log.consumer, producer_factory=self.log.producer)
        async with engine:
            engine.subscribe(READ)
            yield engine

    async def work(self, events: int) -> None:
        """One worker after the other, until every event has its outcome."""
        while len(self.happened().sets) < events:
            async with self.engine() as engine:
                life = asyncio.create_task(self._live(engine, self.dice.randint(4, 12)))
                while not life.done() and len(self.happened().sets) < events:  # noqa: ASYNC110 - a thread commits
                    await asyncio.sleep(0.005)
                if life.done():
                    await life
                    self.deaths += 1
                else:
                    life.cancel()
                    await asyncio.wait({life})

    async def _live(self, engine: Engine, batches: int) -> None:
        """So many batches; the last one does not come to its end."""

        def committed() -> dict[tuple[str, int], int]:
            return {(p.tp.topic, p.tp.partition): p.committed or 0 for p in engine.progress()}

        publisher = Publisher(self.codec, "decide")
        agent = DecideAgent(self.codec, self.database, Policy(), lambda: T0, publisher, committed)
        async for batch in engine:
            await agent.run(batch)
            batches -= 1
            if not batches:
                return
            batch.done()


async def change(world: MemoryWorld, working: asyncio.Task[None], said: dict[str, object]) -> int:
    """Puts the candidate live and takes it back, each time that a few more were decided."""
    database, count, decided = world.database, 0, 0
    while not working.done():
        if len(world.happened().sets) < decided + 12:
            await asyncio.sleep(0.005)
            continue
        decided = len(world.happened().sets)
        if count % 2 == 0:
            await put(database, 1000, {**said, "changed": 0, "money": {}})
        else:
            await back(database)
        count += 1
    return count


def test_no_event_is_a_mixture_and_each_comes_to_what_the_forecast_said(operations_url: str) -> None:
    async def scene(database: AsyncEngine) -> None:
        dice = Random(7)
        world = MemoryWorld(database, dice)
        events = [*customers("m", 20), *deals("m", 120, 20, dice)]
        said, _ = foretold(events)
        assert len(said.changes) > 20
        world.send(events[:20])
        await world.work(20)
        world.send(events[20:])
        working = asyncio.create_task(world.work(len(events)))
        changes = await change(world, working, said.plain())
        await working
        verdict = judge(events, world.happened())
        assert verdict.clean, verdict
        assert min(verdict.by_set[OTHER.version], verdict.by_set[shipped().version]) > 15
        assert min(changes, world.deaths) > 1

    play(operations_url, scene)
