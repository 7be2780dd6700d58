"""A producer outside the agents' batches: sends a few records and returns when the broker has all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.headers import Headers
from streams.transport.options import EngineOptions

_LOG = logging.getLogger("mesh.outbox")


class NotDelivered(Exception):
    """The broker did not confirm a record. Nothing was marked as done: try again when it answers."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to produce, bytes and all."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Outbox:
    """The engine's own kind of producer, without an engine. One caller at a time."""

    def __init__(self, bootstrap: str, extra: Mapping[str, Any] | None = None, timeout_s: float = 30.0) -> None:
        self._timeout_s = timeout_s
        options = EngineOptions(producer={"delivery.timeout.ms": int(timeout_s * 1000), **(extra or {})})
        self._producer = Producer(options.plain_producer_config(bootstrap), logger=_LOG)

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        """Produce the records in order and wait for every confirmation. Raises NotDelivered."""
        if records:
            await asyncio.get_running_loop().run_in_executor(None, self.send_all_now, records)

    def send_all_now(self, records: Sequence[Outgoing]) -> None:
        """The same for callers without an event loop."""
        errors: list[str] = []

        def report(error: KafkaError | None, message: Any) -> None:
            if error is not None:
                errors.append(f"{message.topic()}: {error.str()}")

        try:
            for record in records:
                self._produce(record, report)
        except KafkaException as error:  # what was taken before is on its way, and may arrive
            raise NotDelivered(f"{record.topic}: {error}") from error
        left = self._producer.flush(self._timeout_s)
        if left or errors:
            raise NotDelivered("; ".join(errors) or f"{left} of {len(records)} records were not confirmed in time")

    def _produce(self, record: Outgoing, report: Callable[[KafkaError | None, Any], None]) -> None:
        where: dict[str, Any] = {} if record.partition is None else {"partition": record.partition}
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    on_delivery=report,
                    **where,
                )
            except BufferError:  # full: what is in it is confirmed, or fails, within the timeout
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return
