"""Bodies of webhooks become canonical changes. Pure; one module per sender."""

from __future__ import annotations

from collections.abc import Callable

from schemas.codec import ContractViolation
from schemas.records import WebhookReceived
from streams.intake.document import Document, MalformedBody, parse_document
from streams.intake.webhooks import hubspot, standard, stripe
from streams.intake.webhooks.change import Change, Found, Stamp, Unhandled, printable

__all__ = ["Change", "Found", "Stamp", "Unhandled", "changes_in"]

_SENDERS: dict[str, Callable[[Document, Stamp], list[Found]]] = {
    "hubspot": hubspot.changes,
    "standard": standard.changes,
    "stripe": stripe.changes,
}


def changes_in(received: WebhookReceived, stamp: Stamp) -> list[Found]:
    """What a delivery says, in order. Raises ContractViolation, and nothing else, when the body is no good at all.

    A body of several events (HubSpot's) gives a ContractViolation as a value for each bad one, beside the others.
    `stamp` is called once per change, in the order of the answer's changes, so a repeat makes the same ids.
    """
    changes = _SENDERS.get(received.source)
    if changes is None:
        raise ContractViolation(f"source: no contract for {received.source}")
    try:
        return changes(parse_document(received.body), stamp)
    except MalformedBody as error:
        raise ContractViolation(f"the body is {error}") from None
    except ContractViolation as error:
        raise ContractViolation(printable(str(error))) from error
