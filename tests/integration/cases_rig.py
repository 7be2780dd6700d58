"""A desk and an indexer over a real database; what is on the topics is made here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

from sqlalchemy import select

from ops.access.people import Actor
from ops.access.roles import Role
from ops.cases.desk import Desk
from ops.cases.service import do
from ops.cases.tables import cases
from ops.cases.worker import Indexer
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.reasons import Reason
from schemas.records import Drift, Effect, Opportunity
from schemas.registry import MemoryRegistry
from schemas.topics import ACCOUNT_PARTITIONS, CRM_OPPORTUNITY, EFFECT
from streams.letters.letter import Failure, Original, Subject, compose
from streams.letters.outbox import Outgoing
from streams.runtime.database import operations_engine
from tests.unit.schemas.examples import example

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CODEC = Codec(MemoryRegistry())
KEY = b"the audit's key"
ADA = Actor("ada", Role.ADMIN, "cli")


@dataclass(frozen=True)
class Message:
    """A message as the consumer gives it."""

    name: str
    part: int
    at: int
    its_key: bytes | None
    its_value: bytes | None
    its_headers: list[tuple[str, bytes | None]] = field(default_factory=list)

    def topic(self) -> str:
        return self.name

    def partition(self) -> int:
        return self.part

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes | None:
        return self.its_key

    def value(self) -> bytes | None:
        return self.its_value

    def headers(self) -> list[tuple[str, bytes | None]]:
        return self.its_headers

    def timestamp(self) -> tuple[int, int]:
        return (1, 0)

    def error(self) -> None:
        return None


@dataclass
class Topics:
    """Makes messages with offsets that count up."""

    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def put(self, topic: str, part: int, key: bytes | None, value: bytes | None, headers: Any = ()) -> Message:
        at = self.ends.get((topic, part), 0)
        self.ends[topic, part] = at + 1
        return Message(topic, part, at, key, value, list(headers))

    def letter(  # noqa: PLR0913 - whatever a test wants to be different
        self,
        key: str,
        *,
        reason: Reason = Reason.DISCOUNT_NEEDS_APPROVAL,
        at: datetime = T0,
        detail: str = "line 1: 30 % off",
        money: str = "100.00",
        currency: str = "EUR",
        version: int = 10,
        account: str = "acc",
        name: str = "a deal",
    ) -> Message:
        base = example(Opportunity)
        assert isinstance(base, Opportunity)
        meta = base.meta.model_copy(update={"key": key, "account_id": account, "version": version})
        values = {"meta": meta, "id": key, "amount": Decimal(money), "currency": currency, "name": name}
        value = CODEC.encode(CRM_OPPORTUNITY, base.model_copy(update=values))
        headers = (("odd", b"\xff\x00"), ("none", None))
        original = Original(CRM_OPPORTUNITY.name, 1, crc32(key.encode()), 1234, key.encode(), value, headers)
        subject = Subject(f"event-{key}", "opportunity", key, account)
        made = compose(original, subject, Failure(reason, "decide", detail), at)
        return self.put(made.topic, partition_for(account, ACCOUNT_PARTITIONS), made.key, made.value, made.headers)

    def effect(
        self, key: str, *, at: datetime, version: int = 10, event: str = "", kind: str = "order.place"
    ) -> Message:
        base = example(Effect)
        assert isinstance(base, Effect)
        values = {"key": key, "kind": kind, "version": version, "applied_at": at, "event_id": event or f"event-{key}"}
        value = CODEC.encode(EFFECT["erp"], base.model_copy(update={**values, "outcome": "applied"}))
        return self.put(EFFECT["erp"].name, 0, key.encode(), value)


@dataclass
class Scene:
    """One run: a clock to set, a desk, an indexer, what was sent."""

    desk: Desk
    indexer: Indexer
    topics: Topics
    sent: list[Outgoing]
    now: list[datetime]

    async def ask(self, verb: str, actor: Actor = ADA, **fields: Any) -> Any:
        from ops.cases.verbs import VERBS  # noqa: PLC0415

        return await do(self.desk, actor, verb, VERBS[verb].ask(**fields))

    async def state(self, case_id: str) -> str:
        async with self.desk.database.connect() as connection:
            query = select(cases.c.state).where(cases.c.case_id.startswith(case_id))
            return str((await connection.execute(query)).scalar_one())

    def later(self, **by: float) -> datetime:
        self.now[0] += timedelta(**by)
        return self.now[0]


def play(url: str, scene: Callable[[Scene], Awaitable[None]], drifts: Sequence[Drift] = ()) -> None:
    """Run a scene on a database."""

    async def run() -> None:
        engine = operations_engine(url)
        sent: list[Outgoing] = []
        now = [T0]

        async def send(records: Sequence[Outgoing]) -> None:
            sent.extend(records)

        async def copies() -> dict[int, set[str]]:
            return {}

        async def known_drifts() -> Sequence[Drift]:
            return drifts

        desk = Desk(engine, CODEC, send, copies, known_drifts, lambda: now[0], KEY)
        indexer = Indexer(engine, CODEC, None, lambda: now[0], KEY)  # type: ignore[arg-type]
        try:
            await scene(Scene(desk, indexer, Topics(), sent, now))
        finally:
            await engine.dispose()

    asyncio.run(run())


async def one(scene: Scene) -> str:
    """A letter about the deal `o1`, taken in; its case."""
    await scene.indexer.index([scene.topics.letter("o1")])
    page = await scene.ask("case.list")
    assert page.total == 1
    return str(page.cases[0].case_id)


__all__ = ["ADA", "CODEC", "KEY", "T0", "Actor", "Message", "Role", "Scene", "Topics", "one", "play"]
