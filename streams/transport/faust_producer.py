"""Faust's producer on the engine: `topic.send()` and `topic.send_soon()` inside an agent join its batch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from confluent_kafka import KafkaException
from faust.transport.producer import Producer as FaustProducer
from faust.types.tuples import TP as FaustTP
from faust.types.tuples import RecordMetadata

from streams.transport.batch import current_batch
from streams.transport.engine import Engine
from streams.transport.errors import DeliveryFailed
from streams.transport.refuse import TABLES_INSTEAD, not_supported
from streams.transport.types import Headers


class Producer(FaustProducer):
    """What Faust's own means of sending end in."""

    @property
    def engine(self) -> Engine:
        return self.app.transport.engine  # type: ignore[attr-defined,no-any-return]

    async def on_start(self) -> None:
        self.engine.start_producer()

    async def on_stop(self) -> None:
        await self.engine.stop_producer()

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        return self._send(topic, key, value, partition, timestamp, headers)

    async def send_and_wait(self, *args: Any, **options: Any) -> RecordMetadata:
        return await (await self.send(*args, **options))

    def send_soon(self, fut: Any) -> None:
        """Sent at once: librdkafka has its own queue, and the offset must wait for this, too."""
        pending = fut.message
        topic = pending.channel.get_topic_name()
        sent = self._send(topic, pending.key, pending.value, pending.partition, pending.timestamp, pending.headers)

        def copy(done: asyncio.Future[RecordMetadata]) -> None:
            if not fut.done():
                error = done.exception()
                fut.set_exception(error) if error is not None else fut.set_result(done.result())

        sent.add_done_callback(copy)

    def _send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
    ) -> asyncio.Future[RecordMetadata]:
        future: asyncio.Future[RecordMetadata] = self.engine.loop.create_future()
        batch = current_batch.get()

        def report(error: Any, message: Any) -> None:
            if error is not None and batch is None:
                # nobody may wait for the future, and a lost output must not go unseen; a batch looks after its own
                self.engine.fail(DeliveryFailed(f"a message to {topic} was not delivered: {error.str()}"))
            if future.done():
                return
            if error is not None and batch is not None and not batch.open:
                future.set_result(_nowhere(topic))
            elif error is not None:
                future.set_exception(KafkaException(error))
                future.exception()
            else:
                tp = FaustTP(message.topic(), message.partition())
                future.set_result(RecordMetadata(tp.topic, tp.partition, tp, message.offset()))

        timestamp_ms = None if timestamp is None else int(timestamp * 1000)
        if batch is not None:
            sent = batch.send(
                topic,
                key,
                value,
                partition=partition,
                headers=_pairs(headers),
                timestamp_ms=timestamp_ms,
                on_delivery=report,
            )
            if not sent:
                future.set_result(_nowhere(topic))
        else:
            outlet = self.engine.aside
            outlet.produce(topic, key, value, partition, _pairs(headers), timestamp_ms, report)
            outlet.kick()
        return future

    async def flush(self) -> None:
        """Wait for everything; stock Faust gives up after 100 ms."""
        await self.engine.outlet.drain()

    async def create_topic(self, topic: str, *_: Any, **__: Any) -> None:
        raise not_supported(f"declaring the topic {topic}", "create topics before the worker starts")

    def key_partition(self, topic: str, key: bytes) -> FaustTP:
        raise not_supported("producer.key_partition()", TABLES_INSTEAD)

    def supports_headers(self) -> bool:
        return True


def _nowhere(topic: str) -> RecordMetadata:
    """Answer for a message that was dropped with its batch: the partition's new owner sends it again."""
    return RecordMetadata(topic, -1, FaustTP(topic, -1), -1)


def _pairs(headers: Any) -> Headers:
    if not headers:
        return ()
    return list(headers.items()) if isinstance(headers, Mapping) else list(headers)
