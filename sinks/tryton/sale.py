"""An order as Tryton holds it: what to create, which sale is ours, and what must read back. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.reasons import Reason
from schemas.records import OrderPlace
from sinks.errors import Refused
from sinks.port import Fields, Value
from sinks.tryton.identifiers import crm_id_of
from sinks.tryton.wire import Quantity

Row = Mapping[str, Any]
#: A sale's way. What people or the ERP do after "processing" is no step of ours.
STATES = ("draft", "quotation", "confirmed", "processing", "done")


@dataclass(frozen=True, slots=True)
class Product:
    id: int
    unit: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Ids of what an order refers to."""

    party: int
    address: int
    currency: int
    payment_term: int | None
    products: Mapping[str, Product]


def choose(rows: Sequence[Row]) -> tuple[Row | None, list[int]]:
    """Our sale among those with our reference: the furthest on its way, then the oldest; and the drafts beside it.

    A second draft is a call that was believed lost and arrived after all. Raises Refused when a second sale is more
    than a draft, or ours was cancelled: people have to decide then.
    """
    living = sorted(
        (row for row in rows if row["state"] != "cancelled"), key=lambda row: (-STATES.index(row["state"]), row["id"])
    )
    if not living:
        if rows:
            raise Refused(Reason.ERP_REJECTED, f"order {shown(rows[0])} was cancelled in Tryton")
        return None, []
    first, *others = living
    more = [row for row in others if row["state"] != "draft"]
    if more:
        names = ", ".join(shown(row) for row in [first, *more])
        raise Refused(Reason.PARTIAL_WRITE, f"Tryton has more than one order of this opportunity: {names}")
    return first, [row["id"] for row in others]


def shown(row: Row) -> str:
    return f"{row['number'] or 'without number'} ({row['state']}, id {row['id']})"


def creation(body: OrderPlace, reference: str, around: Surroundings) -> dict[str, Any]:
    """Values of a new sale in state draft."""
    return {
        "party": around.party,
        "reference": reference,
        "description": (body.contract_reference or "").strip() or None,
        "comment": comment(body),
        "currency": around.currency,
        "invoice_address": around.address,
        "shipment_address": around.address,
        "payment_term": around.payment_term,
        "lines": [["create", lines(body, around.products)]],
    }


def lines(body: OrderPlace, products: Mapping[str, Product]) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "sequence": number,
            "product": products[line.sku].id,
            "unit": products[line.sku].unit,
            "quantity": Quantity(line.quantity),
            "unit_price": line.unit_price,
        }
        for number, line in enumerate(body.lines, 1)
    ]


def corrections(row: Row, body: OrderPlace, reference: str, around: Surroundings) -> dict[str, Any]:
    """Values that make a draft of ours what the command says: its lines anew."""
    values = creation(body, reference, around)
    values["lines"] = [["delete", [line["id"] for line in row["lines."]]], *values["lines"]]
    return values


def comment(body: OrderPlace) -> str | None:
    parts = {"Contract": body.contract_reference, "Billing terms": body.billing_terms}
    parts |= {"Campaign": body.campaign, "Channel": body.channel}
    return "\n".join(f"{name}: {text}" for name, text in parts.items() if text) or None


def expected(body: OrderPlace, account_id: str) -> Fields:
    """What must read back, to the last decimal."""
    fields: dict[str, Value] = {
        "customer": account_id,
        "currency": body.currency,
        "contract": (body.contract_reference or "").strip() or None,
        "lines": len(body.lines),
        "total": body.total,
    }
    for number, line in enumerate(body.lines, 1):
        fields |= _line(number, line.sku, line.quantity, line.unit_price, line.amount)
    return fields


def held(row: Row) -> Fields:
    """The same view of what the sale holds."""
    party: Row = row["party."]
    sold = [line for line in row["lines."] if line["type"] == "line"]
    fields: dict[str, Value] = {
        "customer": crm_id_of(party["identifiers."]) or party["code"],
        "currency": row["currency."]["code"],
        "contract": row["description"],
        "lines": len(sold),
        "total": row["total_amount"],
    }
    for number, line in enumerate(sold, 1):
        sku = (line["product."] or {}).get("code") or ""
        fields |= _line(number, sku, Decimal(line["quantity"]), line["unit_price"], line["amount"])
    return fields


def _line(number: int, sku: str, quantity: Decimal, price: Decimal, amount: Decimal) -> dict[str, Value]:
    name = f"line {number}"
    return {f"{name} product": sku, f"{name} quantity": quantity, f"{name} price": price, f"{name} amount": amount}


# -- what an order refers to and the ERP may not have


def missing_products(wanted: Sequence[str], known: Sequence[str]) -> Refused:
    """The letter's words: each missing code, and the nearest that there is."""
    near = {sku: difflib.get_close_matches(sku, known, n=1, cutoff=0.6) for sku in wanted}
    suggestions = [f"{found[0]} instead of {sku}" for sku, found in near.items() if found]
    return Refused(
        Reason.MISSING_PRODUCT,
        f"Tryton has no product with the code {', '.join(wanted)}",
        f"Did the opportunity mean {'; '.join(suggestions)}?" if suggestions else "",
    )


def unknown_currency(code: str, known: Sequence[str]) -> Refused:
    return Refused(
        Reason.CURRENCY_UNKNOWN,
        f"Tryton does not trade in {code}",
        f"It knows {', '.join(sorted(known))}.",
    )


def no_customer(account_id: str, code: str) -> Refused:
    return Refused(
        Reason.MAPPING_MISSING,
        f"the account {account_id} (reserved code {code}) is no customer in Tryton yet",
        "See the letter of the account itself.",
    )
