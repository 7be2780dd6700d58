"""The door's stores in memory, with switches for trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from schemas.records import WebhookReceived
from schemas.topics import Topic
from streams.intake.door.errors import Unavailable


class Stores:
    """Publisher and delivery ids in one, so that the order of calls is seen."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.published: list[WebhookReceived] = []
        self.accepted: dict[tuple[str, str], datetime] = {}
        self.broken: set[str] = set()  #: of seen, publish, record
        self.gate = asyncio.Event()  #: the broker's answer
        self.gate.set()

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise Unavailable(name)

    async def seen(self, source: str, delivery_id: str, since: datetime) -> bool:
        self._call("seen")
        at = self.accepted.get((source, delivery_id))
        return at is not None and at >= since

    async def publish(self, topic: Topic, received: WebhookReceived) -> None:
        self._call("publish")
        await self.gate.wait()
        self.published.append(received)
        self.calls.append("acked")

    async def record(self, source: str, delivery_id: str, at: datetime) -> None:
        self._call("record")
        self.accepted[source, delivery_id] = at


async def until(condition: Callable[[], bool]) -> None:
    """Let the others run until the condition holds; five seconds at most."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - any condition, not one event
            await asyncio.sleep(0)
