"""The credit note of a refund: for a part of an invoice or all of it, and linked to it. Pure.

It copies from the invoice whom it is for and what it is booked on. Its one line names the invoice's largest line as its
origin, as the ERP's own credit notes do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from schemas.reasons import Reason
from schemas.records import InvoiceRefund
from sinks.errors import Refused
from sinks.port import Fields
from sinks.tryton.correction import Correction, customer_in
from sinks.tryton.wire import Quantity

Row = Mapping[str, Any]
_LINE = "account.invoice.line"


def of_refund(body: InvoiceRefund, refund_id: str) -> Correction:
    """What is to be there in the end."""
    why = "Refund" if body.kind == "refund" else "Lost dispute"
    text = (
        f"{why} {refund_id} of invoice {body.invoice_number}, {body.refunded_on.isoformat()}, payment {body.charge_id}"
    )
    return Correction(f"refund/{refund_id}", body.currency, -body.amount, text)


def lines_of(invoice: Row) -> list[Row]:
    """Its lines that are billed, the largest first. Raises Refused where there is none to credit."""
    lines = [line for line in invoice["lines."] if line["type"] == "line" and (line["amount"] or 0) > 0]
    if not lines:
        raise Refused(Reason.ERP_REJECTED, f"invoice {invoice['number']} has no line that could be credited")
    return sorted(lines, key=lambda line: (-line["amount"], line["id"]))


def check(wanted: Correction, invoice: Row, credits_: Sequence[Row]) -> None:
    """Raises Refused where the invoice does not bear it. `credits_`: credit notes of its lines, whoever made them."""
    name = f"invoice {invoice['number']} (id {invoice['id']})"
    if invoice["state"] not in ("posted", "paid"):
        raise Refused(Reason.ERP_REJECTED, f"{name} is {invoice['state']} in Tryton")
    if invoice["currency."]["code"] != wanted.currency:
        raise Refused(Reason.ERP_REJECTED, f"{name} is in {invoice['currency.']['code']}, not in {wanted.currency}")
    if invoice["tax_amount"]:
        raise Refused(Reason.ERP_REJECTED, f"{name} has taxes: which part of them goes back people have to say")
    others = [row for row in credits_ if row["reference"] != wanted.reference and row["state"] != "cancelled"]
    taken = -sum((row["total_amount"] for row in others), Decimal(0))
    if taken - wanted.amount > invoice["total_amount"]:
        told = f"{taken} of its {invoice['total_amount']} {wanted.currency} are credited already"
        raise Refused(Reason.ERP_REJECTED, f"{name}: {told}, and {-wanted.amount} more are above its total")


def creation(wanted: Correction, invoice: Row) -> dict[str, Any]:
    """Values of a new one in state draft."""
    first = lines_of(invoice)[0]
    line = {
        "type": "line",
        "account": first["account"],
        "currency": invoice["currency"],
        "description": wanted.description,
        "quantity": Quantity(-1),
        "unit_price": -wanted.amount,
        "origin": f"{_LINE},{first['id']}",
    }
    copied = ("party", "invoice_address", "account", "journal", "currency")
    return {
        "type": "out",
        **{name: invoice[name] for name in copied},
        "reference": wanted.reference,
        "description": wanted.description,
        "lines": [["create", [line]]],
    }


def origins(invoice: Row) -> list[str]:
    """The invoice's lines, as the lines of its credit notes name them."""
    return [f"{_LINE},{line['id']}" for line in invoice["lines."]]


def expected(wanted: Correction, invoice: Row) -> Fields:
    """What must read back."""
    return {
        "customer": customer_in(invoice),
        "currency": wanted.currency,
        "total": wanted.amount,
        "description": wanted.description,
        "lines": 1,
        "posted": "yes",
        "origin": f"{_LINE},{lines_of(invoice)[0]['id']}",
    }


def origin_of(row: Row) -> str | None:
    """The line that the credit note's first line credits."""
    return next((line["origin"] for line in row["lines."] if line["type"] == "line"), None)
