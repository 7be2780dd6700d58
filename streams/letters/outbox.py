"""A producer outside the agents' batches: sends a few records and returns when the broker has all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, Producer

from schemas.headers import Headers


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
    """An idempotent producer, acks=all. One caller at a time."""

    def __init__(self, bootstrap: str, extra: Mapping[str, Any] | None = None, timeout_s: float = 30.0) -> None:
        self._timeout_s = timeout_s
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                "delivery.timeout.ms": int(timeout_s * 1000),
                **(extra or {}),
            }
        )

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

        for record in records:
            where: dict[str, Any] = {} if record.partition is None else {"partition": record.partition}
            self._producer.produce(
                record.topic,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
                on_delivery=report,
                **where,
            )
        left = self._producer.flush(self._timeout_s)
        if left or errors:
            raise NotDelivered("; ".join(errors) or f"{left} of {len(records)} records were not confirmed in time")
