"""Rules that change and are reverted while workers decide: no event by a mixture, and a re-read event as before."""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import headers as names
from schemas.codec import Codec
from schemas.headers import header_text
from schemas.records import Account
from schemas.registry import MemoryRegistry
from schemas.topics import CRM_ACCOUNT
from streams.agents import DecideAgent
from streams.decide import Policy
from streams.publish import Publisher
from streams.rules.told import read_told
from streams.runtime.tables import rule_activations
from streams.transport import TP, Batch, DeliveryFailed
from tests.integration.operations import play
from tests.integration.test_rules_activation import back, forecast, put, version
from tests.unit.streams.agents.crm_days import T0, meta

CODEC = Codec(MemoryRegistry())
PARTITIONS, EVENTS, SIZE = 4, 1000 if os.environ.get("MESHLINE_LONG") else 24, 7


@dataclass
class Message:
    """A record as the client gives it."""

    at: TP
    number: int

    def topic(self) -> str:
        return self.at.topic

    def partition(self) -> int:
        return self.at.partition

    def offset(self) -> int:
        return self.number

    def key(self) -> bytes:
        return b"k"

    def value(self) -> bytes:
        key = f"a{self.at.partition}"
        stamp = meta("account", key, key, self.number + 1)
        return CODEC.encode(CRM_ACCOUNT, Account(meta=stamp, id=key, name=f"Name {self.number}"))

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000)


@dataclass
class Piece:
    """A batch. `dies`: before its outputs are there (in a transaction), or after (without one)."""

    tp: TP
    offsets: range
    dies: bool
    open: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)  #: event id, version of the set

    @property
    def first_offset(self) -> int:
        return self.offsets.start

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator[Message]:
        return (Message(self.tp, number) for number in self.offsets)

    def emit(self, topic: str, *, headers: Any, **_: Any) -> None:
        told = read_told(header_text(headers, names.RULES))
        if told is not None:
            self.sent.append((header_text(headers, names.EVENT_ID), told.version))

    async def flush(self) -> None:
        await asyncio.sleep(0)
        if self.dies:
            raise DeliveryFailed


@dataclass
class Watched:
    """What readers of the outcomes see: versions by event, in the order in which they came."""

    transactional: bool
    versions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mixed: list[Piece] = field(default_factory=list)

    def take(self, piece: Piece, *, fresh: bool) -> None:
        if piece.dies and self.transactional:
            return  # undone
        if fresh and len({said for _, said in piece.sent}) > 1:
            self.mixed.append(piece)
        for event_id, said in piece.sent:
            self.versions[event_id].append(said)


async def _worker(engine: AsyncEngine, partition: int, watched: Watched, dice: random.Random) -> None:
    """Reads a partition to its end; now and then it dies, and a worker that knows nothing starts further back."""
    tp, reached, done = TP(CRM_ACCOUNT.name, partition), 0, 0
    agent = _agent(engine, watched)
    while done < EVENTS:
        piece = Piece(tp, range(done, min(EVENTS, done + dice.randint(1, SIZE))), dice.random() < 0.2)
        try:
            await agent.run(cast("Batch", piece))
        except DeliveryFailed:
            agent = _agent(engine, watched)
        watched.take(piece, fresh=piece.offsets.start >= reached)
        if not (piece.dies and watched.transactional):
            reached = max(reached, piece.offsets.stop)  # what was published counts as decided
        if not piece.dies:
            done = max(0, piece.offsets.stop - dice.choice([0, 0, 0, 5]))
            done = EVENTS if piece.offsets.stop == EVENTS else done


def _agent(engine: AsyncEngine, watched: Watched) -> DecideAgent:
    kept = (lambda: {}) if watched.transactional else None
    return DecideAgent(CODEC, engine, Policy(), lambda: T0, Publisher(CODEC, "decide"), kept)


async def _changes(engine: AsyncEngine, workers: list[asyncio.Task[None]]) -> int:
    """Activates and reverts until the workers are through."""
    count = 0
    while not all(worker.done() for worker in workers):
        points = 1000 + 10 * count
        await put(engine, points, forecast(points, live=await version(engine)))
        if count % 3 == 2:
            await back(engine)
        count += 1
        await asyncio.sleep(0)
    return count


@pytest.mark.parametrize("transactional", [True, False])
def test_no_event_is_decided_by_a_mixture_and_a_re_read_event_is_decided_as_before(
    operations_url: str, transactional: bool
) -> None:
    async def scene(engine: AsyncEngine) -> None:
        watched, dice = Watched(transactional), random.Random(1)
        tasks = [
            asyncio.create_task(_worker(engine, partition, watched, random.Random(dice.random())))
            for partition in range(PARTITIONS)
        ]
        count = await _changes(engine, tasks)
        await asyncio.gather(*tasks)
        assert len(watched.versions) == PARTITIONS * EVENTS, "every event was decided"
        assert {event: said for event, said in watched.versions.items() if len(set(said)) > 1} == {}
        assert watched.mixed == [], "a batch that is decided first has one version"
        assert count > 3
        assert len({said for versions in watched.versions.values() for said in versions}) > 3
        assert any(len(said) > 1 for said in watched.versions.values()), "something was read again"
        await _along_the_activations(engine, watched)

    play(operations_url, scene)


async def _along_the_activations(engine: AsyncEngine, watched: Watched) -> None:
    """In each partition the sets follow one another in the order of their activations."""
    async with engine.connect() as connection:
        rows = (await connection.execute(select(rule_activations).order_by(rule_activations.c.seq))).all()
    for partition in range(PARTITIONS):
        for offset in range(EVENTS):
            event_id = f"account-a{partition}-{offset + 1}-0"
            due = [row.version for row in rows if offset >= row.first.get(f"{CRM_ACCOUNT.name}/{partition}", 0)]
            expected = due[-1] if due and due[-1] else Policy().rules.version
            assert set(watched.versions[event_id]) == {expected}
