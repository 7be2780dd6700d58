"""Tell people of drifts: reads the drift topic on, sends, and moves on only when the receiver has it.

At least once: after a crash the last messages are sent again under the same `webhook-id`. A receiver that fails is
tried again, slower and slower; until it answers nothing is skipped and nothing is lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from confluent_kafka import Consumer, TopicPartition

from ops.reconcile.notice import message_id, slack_message, webhook_body, webhook_headers, worth_telling
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import Drift
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger

log = get_logger("meshline.notify")
_QUIET = logging.getLogger("meshline.notify.kafka")
_QUIET.addHandler(logging.NullHandler())
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. `secrets` sign a webhook, newest first; Slack's URL is its own secret."""

    url: str
    form: Literal["webhook", "slack"] = "webhook"
    secrets: tuple[str, ...] = ()
    console_url: str = ""


class Notifier:
    """One receiver and what it was told of each open drift."""

    def __init__(self, receiver: Receiver, client: httpx.Client, halt: threading.Event, clock: Clock = system_clock):
        self._receiver = receiver
        self._client = client
        self._halt = halt
        self._clock = clock
        self._last: dict[str, Drift] = {}

    def take(self, drift: Drift) -> bool:
        """Tell one drift if it is worth it. False: halted before the receiver had it."""
        before = self._last.get(drift.drift_id)
        if before is not None and drift.observed_at <= before.observed_at:
            return True  # a repeat after a crash of the reconciler
        if worth_telling(drift, before) and not self._deliver(drift):
            return False
        self._last[drift.drift_id] = drift
        if drift.status == "closed":
            del self._last[drift.drift_id]
        return True

    def _deliver(self, drift: Drift) -> bool:
        pause = _FIRST_PAUSE
        while not self._halt.is_set():
            why = self._send(drift)
            if why is None:
                return True
            log.warning("the receiver did not take a drift; it is sent again", drift_id=drift.drift_id, why=why)
            self._halt.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return False

    def _send(self, drift: Drift) -> str | None:
        """One attempt; why it failed, None where it did not. Redirects are not followed."""
        receiver = self._receiver
        try:
            if receiver.form == "slack":
                answer = self._client.post(receiver.url, json=slack_message(drift, receiver.console_url))
            else:
                body = webhook_body(drift, receiver.console_url)
                signed = webhook_headers(message_id(drift), body, list(receiver.secrets), self._clock())
                answer = self._client.post(receiver.url, content=body, headers=signed)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return None if answer.is_success else f"status {answer.status_code}"


def notify(
    bootstrap: str, group: str, topic: str, codec: Codec, notifier: Notifier, halt: threading.Event, limit: int = 0
) -> int:
    """Read on until halted, or until `limit` drifts were read; how many. Raises KafkaException, RegistryUnavailable."""
    settings: Mapping[str, Any] = {
        "bootstrap.servers": bootstrap,
        "group.id": f"{group}.notify",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
    }
    consumer, taken = Consumer(dict(settings), logger=_QUIET), 0
    try:
        consumer.subscribe([topic])
        while not halt.is_set() and (not limit or taken < limit):
            message = consumer.poll(0.5)
            if message is None or message.error() is not None:
                continue
            try:
                drift = codec.read(message.value(), Drift) if message.value() is not None else None
            except (Undecodable, ContractViolation) as error:
                log.warning("a row of the drift topic is no drift", offset=message.offset(), why=str(error))
                drift = None
            if drift is not None and not notifier.take(drift):
                break
            taken += 1
            position = TopicPartition(topic, message.partition() or 0, (message.offset() or 0) + 1)
            consumer.commit(offsets=[position], asynchronous=False)
        return taken
    finally:
        consumer.close()
