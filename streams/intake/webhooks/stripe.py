"""Stripe's events (docs.stripe.com/api/events): payments, refunds and disputes become our records.

Which invoice a payment paid stands in the metadata of the charge under `invoice_number`, where whoever takes the
payment notes it. A refund or a dispute may have one of its own; else its charge's counts. Free text is not searched.
All that belongs to one charge shares its partition. Stripe keeps no order and tells time in seconds: events of one
object are ordered by `created`, and in the same second by how far their status is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.codec import ContractViolation
from schemas.records import Charge, Refund
from streams.intake.document import Document
from streams.intake.webhooks.change import Change, Found, Stamp, Unhandled, build, printable
from streams.intake.webhooks.fields import check_texts, required_text, shown

INVOICE = "invoice_number"  #: the name in the metadata
#: Type of an event -> what its object is.
_OBJECTS = {
    **dict.fromkeys(("charge.succeeded", "charge.captured", "charge.updated", "charge.refunded"), "charge"),
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"), "refund"),
    **dict.fromkeys((f"charge.dispute.{verb}" for verb in ("created", "updated", "closed")), "dispute"),
}
#: How far along a status is, among events of one second.
_RANKS = {
    "requires_action": 1,
    "pending": 2,
    "succeeded": 3,
    "failed": 4,
    "canceled": 4,
    "warning_under_review": 1,
    "needs_response": 2,
    "under_review": 3,
    "warning_closed": 4,
    "won": 4,
    "lost": 4,
    "prevented": 4,
}
_WHOLE = ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
#: Decimals of `amount` where they are not 2 (docs.stripe.com/currencies). ISK and UGX are sent with two, always zeros.
_DECIMALS = {
    **dict.fromkeys(_WHOLE, 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_S = 253_402_300_799  # the year 9999
_MOST = 10**14


def changes(document: Document, stamp: Stamp) -> list[Found]:
    """The event's object, and the refunds that an older API version sends inside a charge. Raises ContractViolation."""
    if not isinstance(document, dict):
        raise ContractViolation("the body is an array, not an event")
    kind = required_text(document, "type")
    expected = _OBJECTS.get(kind)
    if expected is None:
        return [Unhandled(printable(kind, 100), "no flow takes this kind of Stripe's events")]
    data = document.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    if not isinstance(found, dict) or found.get("object") != expected:
        raise ContractViolation(f"data.object: must be a {expected} (is {shown(found)})")
    check_texts(found)
    at = _time(document, "created")
    if expected == "charge":
        return list(_charge(found, at, stamp))
    return [_refund(found, expected, at, stamp, None)]


def exact_amount(data: Mapping[str, Any], currency: str) -> Decimal:
    """Stripe's whole minor units as an amount: 500 is 5.00 EUR, 500 JPY, 0.500 KWD. Raises ContractViolation."""
    value = data.get("amount")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST:
        raise ContractViolation(f"amount: must be a whole number of minor units (is {shown(value)})")
    return Decimal(value).scaleb(-_DECIMALS.get(currency, 2))


def _charge(data: Mapping[str, Any], at: datetime, stamp: Stamp) -> Iterator[Change]:
    key, currency, number = required_text(data, "id"), _currency(data), _invoice(data)
    fields = {
        "id": key,
        "status": required_text(data, "status"),
        "currency": currency,
        "amount": exact_amount(data, currency),
        "invoice_number": number,
    }
    yield build(Charge, lambda: stamp("charge", key, key, "update", at), fields)
    refunds = data.get("refunds")
    inside = refunds.get("data") if isinstance(refunds, dict) else None
    for refund in inside if isinstance(inside, list) else ():
        if not isinstance(refund, dict):
            raise ContractViolation(f"refunds.data: must be refunds (is {shown(refund)})")
        yield _refund(refund, "refund", at, stamp, number)


def _refund(data: Mapping[str, Any], kind: str, at: datetime, stamp: Stamp, number: str | None) -> Refund:
    key, currency, status = required_text(data, "id"), _currency(data), required_text(data, "status")
    charge = _charge_of(data)
    fields = {
        "id": key,
        "kind": kind,
        "status": status,
        "charge_id": charge,
        "currency": currency,
        "amount": exact_amount(data, currency),
        "invoice_number": _invoice(data) or number,
        "reason": _optional_text(data, "reason"),
        "created_at": _time(data, "created"),
    }
    return build(Refund, lambda: stamp("refund", key, charge, "update", at, sequence=_RANKS.get(status, 0)), fields)


def _charge_of(data: Mapping[str, Any]) -> str:
    """The charge's id, also where it was expanded; where there is none, the payment intent's."""
    for name in ("charge", "payment_intent"):
        value = data.get(name)
        if isinstance(value, dict):
            value = value.get("id")
        if isinstance(value, str) and value:
            return value
    raise ContractViolation(f"charge: must be the id of a charge (is {shown(data.get('charge'))})")


def _currency(data: Mapping[str, Any]) -> str:
    return required_text(data, "currency").upper()


def _invoice(data: Mapping[str, Any]) -> str | None:
    metadata = data.get("metadata")
    number = _optional_text(metadata, INVOICE) if isinstance(metadata, dict) else None
    return number.strip() or None if number else None


def _optional_text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise ContractViolation(f"{name}: must be a text (is {shown(value)})")
    return value


def _time(data: Mapping[str, Any], name: str) -> datetime:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_S:
        raise ContractViolation(f"{name}: must be seconds since 1970 (is {shown(value)})")
    return _EPOCH + timedelta(seconds=value)
