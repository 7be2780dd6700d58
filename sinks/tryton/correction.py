"""An invoice or credit note of one line, as Tryton holds it: what corrects a customer's account. Pure.

A credit note is an invoice to the customer whose total is negative. Its reference is our external id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.reasons import Reason
from schemas.records import CreditGrant
from sinks.errors import Refused
from sinks.port import Fields
from sinks.tryton.identifiers import crm_id_of
from sinks.tryton.wire import Quantity

Row = Mapping[str, Any]
_FURTHEST = ("paid", "posted", "validated", "draft")


@dataclass(frozen=True, slots=True)
class Correction:
    """`amount` in whole minor units: above 0 the customer pays it, below 0 the customer gets it. It is never 0."""

    reference: str
    currency: str
    amount: Decimal
    description: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Ids of what it refers to."""

    party: int
    address: int
    currency: int
    receivable: int
    revenue: int
    journal: int


def of_credit(body: CreditGrant, case_id: str) -> Correction:
    """The credit note of a case."""
    parts = [f"Service credit {body.granted_on.isoformat()}, case {case_id}", body.reason, f"by {body.approved_by}"]
    return Correction(f"credit/{case_id}", body.currency, -body.amount, _line(parts))


def _line(parts: Sequence[str | None]) -> str:
    """In one line: the ERP keeps a description so."""
    return " ".join(", ".join(part for part in parts if part).split())


def choose(rows: Sequence[Row]) -> tuple[Row | None, list[int]]:
    """Ours among those with our reference: the furthest on its way, then the oldest; and the drafts beside it.

    Raises Refused when two are more than drafts, or ours was cancelled: people have to decide then.
    """
    living = sorted(
        (row for row in rows if row["state"] in _FURTHEST), key=lambda row: (_FURTHEST.index(row["state"]), row["id"])
    )
    if not living:
        if rows:
            raise Refused(Reason.ERP_REJECTED, f"{shown(rows[0])} was cancelled in Tryton")
        return None, []
    first, *others = living
    more = [row for row in others if row["state"] != "draft"]
    if more:
        names = ", ".join(shown(row) for row in [first, *more])
        raise Refused(Reason.PARTIAL_WRITE, f"Tryton has more than one of {first['reference']}: {names}")
    return first, [row["id"] for row in others]


def shown(row: Row) -> str:
    kind = "credit note" if (row["total_amount"] or 0) < 0 else "invoice"
    return f"{kind} {row['number'] or 'without number'} ({row['state']}, id {row['id']})"


def creation(wanted: Correction, ledger: Ledger) -> dict[str, Any]:
    """Values of a new one in state draft, with the ERP's own date when it is posted."""
    line = {
        "type": "line",
        "account": ledger.revenue,
        "currency": ledger.currency,
        "description": wanted.description,
        "quantity": Quantity(-1 if wanted.amount < 0 else 1),
        "unit_price": abs(wanted.amount),
    }
    return {
        "type": "out",
        "party": ledger.party,
        "invoice_address": ledger.address,
        "account": ledger.receivable,
        "journal": ledger.journal,
        "currency": ledger.currency,
        "reference": wanted.reference,
        "description": wanted.description,
        "lines": [["create", [line]]],
    }


def expected(wanted: Correction, account_id: str) -> Fields:
    """What must read back."""
    return {
        "customer": account_id,
        "currency": wanted.currency,
        "total": wanted.amount,
        "description": wanted.description,
        "lines": 1,
        "posted": "yes",
    }


def customer_in(row: Row) -> str:
    """Whose it is: the CRM's id of the account; the party's code where it did not come from there."""
    party: Row = row["party."]
    return crm_id_of(party["identifiers."]) or str(party["code"])


def held(row: Row) -> Fields:
    """The same view of what Tryton holds."""
    return {
        "customer": customer_in(row),
        "currency": row["currency."]["code"],
        "total": row["total_amount"],
        "description": row["description"],
        "lines": sum(line["type"] == "line" for line in row["lines."]),
        "posted": "yes" if row["state"] in ("posted", "paid") else "no",
    }
