"""The decide agent on the real database: nothing is remembered as sent before the broker has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.codec import Codec
from schemas.registry import MemoryRegistry
from schemas.topics import COMMAND_ERP, CRM_ACCOUNT, STATE_CRM
from streams.agents import DecideAgent
from streams.decide import Policy
from streams.publish import Publisher
from streams.runtime.tables import records
from streams.transport import TP, Batch, DeliveryFailed
from tests.integration.operations import play
from tests.integration.test_facts_store import account
from tests.unit.streams.agents.crm_days import T0

CODEC = Codec(MemoryRegistry())


class OneMessage:
    """A message as the client gives it."""

    def topic(self) -> str:
        return CRM_ACCOUNT.name

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7

    def key(self) -> bytes:
        return b"a1"

    def value(self) -> bytes:
        return CODEC.encode(CRM_ACCOUNT, account())

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000)


class OneBatch:
    """A batch whose outputs the broker takes, or not."""

    tp = TP(CRM_ACCOUNT.name, 0)
    first_offset = 7

    def __init__(self, *, delivered: bool, open_: bool = True) -> None:
        self.delivered = delivered
        self.open = open_
        self.sent: list[str] = []

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[OneMessage]:
        yield OneMessage()

    def emit(self, topic: str, **_: Any) -> None:
        self.sent.append(topic)

    async def flush(self) -> None:
        if not self.delivered:
            raise DeliveryFailed("the broker is away")


async def _remembered(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(records)) or 0)


def _agent(engine: AsyncEngine) -> DecideAgent:
    return DecideAgent(CODEC, engine, Policy(), lambda: T0, Publisher(CODEC, "decide"))


def test_outputs_that_were_not_delivered_are_not_remembered(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        batch = OneBatch(delivered=False)
        with pytest.raises(DeliveryFailed):
            await _agent(engine).run(cast("Batch", batch))
        assert batch.sent, "it was sent, and lost"
        assert await _remembered(engine) == 0

    play(operations_url, scene)


def test_a_batch_that_went_to_another_worker_is_not_remembered_here(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await _agent(engine).run(cast("Batch", OneBatch(delivered=True, open_=False)))
        assert await _remembered(engine) == 0

    play(operations_url, scene)


def test_a_delivered_batch_is_remembered(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        batch = OneBatch(delivered=True)
        await _agent(engine).run(cast("Batch", batch))
        assert batch.sent == [STATE_CRM["account"].name, COMMAND_ERP.name]
        assert await _remembered(engine) == 1

    play(operations_url, scene)
