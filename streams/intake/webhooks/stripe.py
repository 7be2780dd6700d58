"""Stripe's events. They are kept on their topic; no flow reads them yet, because invoices come from the ERP."""

from __future__ import annotations

from schemas.codec import ContractViolation
from streams.intake.document import Document
from streams.intake.webhooks.change import Found, Stamp, Unhandled, printable
from streams.intake.webhooks.fields import required_text


def changes(document: Document, stamp: Stamp) -> list[Found]:
    """The event, named. Raises ContractViolation where it has no type."""
    if not isinstance(document, dict):
        raise ContractViolation("the body is an array, not an event")
    return [Unhandled(printable(required_text(document, "type"), 100), "no flow takes Stripe's events")]
