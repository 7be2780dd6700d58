"""Accept a delivery once: publish, wait for the broker, record its id, then say yes. The order is the guarantee.

A crash after the broker's answer and before the record leaves an unanswered sender, who delivers again: the topic
then holds the delivery twice under one delivery id, with the same versions inside, which change nothing the second
time. The other order could lose one.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal, Protocol

from schemas.records import WebhookReceived
from schemas.topics import Topic
from streams.intake.door.errors import Unavailable
from streams.runtime.logs import get_logger

Answer = Literal["accepted", "duplicate"]
log = get_logger(__name__)


class Deliveries(Protocol):
    """The delivery ids that were accepted. Every call raises Unavailable when the store does not answer."""

    async def seen(self, source: str, delivery_id: str, since: datetime) -> bool:
        """Whether it was accepted at or after the moment."""

    async def record(self, source: str, delivery_id: str, at: datetime) -> None:
        """Note that it was accepted. Safe to repeat."""


class Publisher(Protocol):
    """The way to the broker."""

    async def publish(self, topic: Topic, received: WebhookReceived) -> None:
        """Return when every in-sync replica has it. Raises Unavailable."""


class Acceptance:
    """Takes deliveries one at a time per id, whatever the number of requests that carry it."""

    def __init__(
        self,
        publisher: Publisher,
        deliveries: Deliveries,
        dedupe_window: timedelta,
        answer_within: timedelta,
        max_in_flight: int,
    ) -> None:
        self._publisher = publisher
        self._deliveries = deliveries
        self._dedupe_window = dedupe_window
        self._answer_within = answer_within.total_seconds()
        self._max_in_flight = max_in_flight
        self._in_flight: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    async def accept(self, topic: Topic, received: WebhookReceived) -> Answer:
        """What became of it. Raises Unavailable: then it is not accepted as far as the sender may know.

        The work goes on when the sender hangs up or the answer takes too long, so that its retry finds it done.
        """
        identity = (received.source, received.delivery_id)
        running = self._in_flight.get(identity)
        if running is not None:
            await self._wait(running)
            return "duplicate"
        if len(self._in_flight) >= self._max_in_flight:
            raise Unavailable("too many deliveries are waiting for the broker")
        task = asyncio.create_task(self._take(topic, received))
        self._in_flight[identity] = task
        task.add_done_callback(lambda done: self._done(identity, done))
        return await self._wait(task)

    async def drain(self) -> None:
        """Wait until nothing is in flight."""
        while self._in_flight:
            await asyncio.wait(list(self._in_flight.values()))

    async def _wait(self, task: asyncio.Task[Answer]) -> Answer:
        try:
            async with asyncio.timeout(self._answer_within):
                return await asyncio.shield(task)
        except TimeoutError:
            raise Unavailable("the broker or the database took too long") from None

    async def _take(self, topic: Topic, received: WebhookReceived) -> Answer:
        since = received.received_at - self._dedupe_window
        if await self._deliveries.seen(received.source, received.delivery_id, since):
            return "duplicate"
        await self._publisher.publish(topic, received)
        await self._deliveries.record(received.source, received.delivery_id, received.received_at)
        return "accepted"

    def _done(self, identity: tuple[str, str], task: asyncio.Task[Answer]) -> None:
        self._in_flight.pop(identity, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("delivery not accepted", source=identity[0], delivery_id=identity[1], error=str(error))
