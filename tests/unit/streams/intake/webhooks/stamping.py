"""Deliveries and envelopes for tests of the senders' bodies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from schemas.records import Entity, Envelope, Operation, WebhookReceived
from streams.intake.webhooks import Found, changes_in
from streams.runtime.clock import micros

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


class Stamper:
    """Makes envelopes as normalise does, with the number of the change in the event's id."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(
        self,
        entity: Entity,
        key: str,
        account_id: str,
        operation: Operation,
        occurred_at: datetime,
        actor: str | None = None,
        sequence: int = 0,
    ) -> Envelope:
        self.made += 1
        return Envelope(
            event_id=f"event-{self.made}",
            source="webhook:test",
            side="crm",
            entity=entity,
            key=key,
            account_id=account_id,
            operation=operation,
            version=micros(occurred_at),
            sequence=sequence,
            occurred_at=occurred_at,
            received_at=NOW,
            actor=actor,
            origin="mesh.webhook.test/0/7",
        )


def found_in(source: str, body: Any) -> list[Found]:
    """What `changes_in` makes of a body, given as a document or as bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    received = WebhookReceived(delivery_id="d", source=source, received_at=NOW, signed_at=NOW, body=data)
    return changes_in(received, Stamper())
