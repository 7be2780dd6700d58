"""Drifts -> the drift topic, confirmed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException, Producer

from reconciler.errors import EmitFailed
from schemas.codec import Codec
from schemas.headers import EVENT_ID, set_headers
from schemas.identity import event_id_for
from schemas.partition import partition_for
from schemas.records import Drift
from schemas.topics import Topic
from streams.runtime.clock import micros

_LOG = logging.getLogger("reconciler.emit")
_PATIENCE_S = 30.0


class DriftTopic:
    """The way out. Key is the drift's id, partition the account's."""

    def __init__(self, bootstrap: str, topic: Topic, codec: Codec) -> None:
        self._topic = topic
        self._codec = codec
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "delivery.timeout.ms": int(_PATIENCE_S * 1000),
            },
            logger=_LOG,
        )

    def send(self, drifts: Mapping[int, Drift]) -> list[int]:
        """Send them in the order of their numbers and wait; the numbers, all confirmed. Raises EmitFailed."""
        failures: list[str] = []

        def report(error: Any, _: object) -> None:
            if error is not None:
                failures.append(error.str())

        try:
            for _, drift in sorted(drifts.items()):
                self._producer.produce(
                    self._topic.name,
                    self._codec.encode(self._topic, drift),
                    drift.drift_id.encode(),
                    partition_for(drift.account_id, self._topic.partitions),
                    on_delivery=report,
                    headers=[*set_headers(None, [(EVENT_ID, _event_id(drift))])],
                )
                self._producer.poll(0)
        except (KafkaException, BufferError) as error:
            raise EmitFailed(f"{self._topic.name} did not take a drift: {error}") from error
        left = self._producer.flush(_PATIENCE_S)
        if left or failures:
            raise EmitFailed(f"{left + len(failures)} drifts did not reach {self._topic.name}: {failures[:1]}")
        return sorted(drifts)


def _event_id(drift: Drift) -> str:
    """The same for a repeat of the same telling."""
    return event_id_for(f"drift/{drift.drift_id}/{drift.status}/{micros(drift.observed_at)}")
