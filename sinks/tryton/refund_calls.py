"""What to ask of Tryton about an invoice that is credited. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sinks.tryton.request import CORRECTION_FIELDS, Call, search

_INVOICE = (
    "number",
    "state",
    "type",
    "currency",
    "currency.code",
    "party",
    "party.code",
    "party.identifiers.type",
    "party.identifiers.code",
    "invoice_address",
    "account",
    "journal",
    "total_amount",
    "tax_amount",
    "lines.type",
    "lines.account",
    "lines.amount",
)
FIELDS = (*CORRECTION_FIELDS, "lines.origin")


def invoice(record_id: int) -> Call:
    """A customer's invoice with its lines."""
    return search("account.invoice", [["id", "=", record_id], ["type", "=", "out"]], _INVOICE)


def credits_of(origins: Sequence[str]) -> Call:
    """All that credits one of these lines, whoever made it."""
    mine = [["lines.origin", "in", list(origins)], ["type", "=", "out"]]
    return search("account.invoice", mine, ["reference", "state", "total_amount"])


def refunds(reference: str) -> Call:
    """All customer invoices and credit notes with our reference, and what they credit: there should be one."""
    mine = [["reference", "=", reference], ["type", "=", "out"]]
    return search("account.invoice", mine, FIELDS)
