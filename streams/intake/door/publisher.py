"""Deliveries to Kafka: an idempotent producer whose delivery reports are awaited on the event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.codec import Codec
from schemas.headers import TRACEPARENT
from schemas.records import WebhookReceived
from schemas.registry import RegistryUnavailable
from schemas.topics import Topic
from streams.intake.door.errors import Unavailable


def producer_config(bootstrap: str) -> dict[str, Any]:
    """acks=all and idempotence; a message that the broker does not take within ten seconds has failed."""
    return {
        "bootstrap.servers": bootstrap,
        "client.id": "meshline-door",
        "acks": "all",
        "enable.idempotence": True,
        "delivery.timeout.ms": 10_000,
        "linger.ms": 2,
        "message.max.bytes": 2 * 1024 * 1024,  # as the topics allow
        "partitioner": "murmur2_random",  # a delivery and its repeat land in one partition, as Java would choose it
    }


class KafkaPublisher:
    """Made on the running event loop. One thread serves the producer's reports; `close` ends it.

    `failed` is set when the producer can no longer keep its promise: whoever holds it must stop and start anew.
    """

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        self._loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[str] = self._loop.create_future()
        self._codec = codec
        self._registered: set[str] = set()
        config = {**producer_config(bootstrap), "error_cb": self._on_error}
        self._producer = Producer(config, logger=logging.getLogger(__name__))
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="door-producer", daemon=True)
        self._poller.start()

    async def publish(self, topic: Topic, received: WebhookReceived) -> None:
        value = await self._encode(topic, received)
        acked: asyncio.Future[None] = self._loop.create_future()

        def on_delivery(error: KafkaError | None, _: object) -> None:
            self._loop.call_soon_threadsafe(_settle, acked, error)

        try:
            self._producer.produce(
                topic.name,
                value=value,
                key=received.delivery_id.encode(),
                headers=[(TRACEPARENT, received.traceparent.encode())],
                on_delivery=on_delivery,
            )
        except (BufferError, KafkaException) as error:
            raise Unavailable(f"Kafka does not take the delivery: {error}") from error
        await acked

    async def check(self) -> None:
        """Return when the broker answers. Raises Unavailable."""
        try:
            await asyncio.to_thread(self._producer.list_topics, timeout=2)
        except KafkaException as error:
            raise Unavailable(f"Kafka does not answer: {error}") from error

    async def close(self) -> None:
        """Wait for what is in flight, then end."""
        await asyncio.to_thread(self._producer.flush, 10)
        self._closing.set()
        await asyncio.to_thread(self._poller.join)

    async def _encode(self, topic: Topic, received: WebhookReceived) -> bytes:
        if topic.name in self._registered:
            return self._codec.encode(topic, received)
        try:  # the first of a topic asks the registry, over HTTP
            value = await asyncio.to_thread(self._codec.encode, topic, received)
        except RegistryUnavailable as error:
            raise Unavailable(f"the schema registry does not answer: {error}") from error
        self._registered.add(topic.name)
        return value

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(0.1)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._loop.call_soon_threadsafe(self._fail, error.str())

    def _fail(self, why: str) -> None:
        if not self.failed.done():
            self.failed.set_result(why)


def _settle(acked: asyncio.Future[None], error: KafkaError | None) -> None:
    if acked.done():  # its waiter was cancelled
        return
    if error is None:
        acked.set_result(None)
    else:
        acked.set_exception(Unavailable(f"Kafka did not take the delivery: {error.str()}"))
