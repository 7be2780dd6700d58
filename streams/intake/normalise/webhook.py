"""A webhook delivery becomes canonical events; what its body means is told by the source's module."""

from __future__ import annotations

from datetime import datetime

from schemas.codec import ContractViolation
from schemas.outcome import SkipWhy
from schemas.records import Entity, Envelope, Operation, Stamped, WebhookReceived
from streams.intake.normalise.arrival import Arrival, Nothing
from streams.intake.webhooks import Unhandled, changes_in


def changes_in_webhook(received: WebhookReceived, arrival: Arrival) -> list[Stamped | Nothing | ContractViolation]:
    """The events of a delivery, numbered in the order of its body. A violation may stand among sound events.

    Raises ContractViolation when the body as a whole is not what the source promises.
    """

    def stamp(
        entity: Entity,
        key: str,
        account_id: str,
        operation: Operation,
        occurred_at: datetime,
        actor: str | None = None,
        sequence: int = 0,
    ) -> Envelope:
        return arrival.envelope(
            source=f"webhook:{received.source}",
            side="crm",
            entity=entity,
            key=key,
            account_id=account_id,
            operation=operation,
            occurred_at=occurred_at,
            sequence=sequence,
            actor=actor,
        )

    found: list[Stamped | Nothing | ContractViolation] = []
    for index, item in enumerate(changes_in(received, stamp)):
        match item:
            case Unhandled():
                found.append(Nothing(SkipWhy.NO_FLOW, f"{received.source} {item.kind}: {item.why}"))
            case ContractViolation():
                found.append(item)
            case _:
                meta = item.meta.model_copy(update={"event_id": arrival.event_id(index)})
                found.append(item.model_copy(update={"meta": meta}))
    return found or [Nothing(SkipWhy.NO_FLOW, f"an empty delivery from {received.source}")]
