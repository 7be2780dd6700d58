"""Deals and leads beside the ERP's orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ops.acceptance.witness.customers import person
from ops.acceptance.witness.found import ZERO, Compared, Found, Row, Sides, by, pairs, rounded

_DISCOUNT_FREE_UP_TO = Decimal(20)  #: percent, without an approval


def orders(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL3: each deal that is won and sold by the rules is an order once, to the cent."""
    crm = sides.crm
    lines, there = by(crm["lines"], "opportunity_id"), by(sides.erp["orders"], "reference")
    contracts = {row["id"]: row for row in crm["contracts"]}
    codes = {row["id"]: row["erp_customer_code"] for row in crm["accounts"]}
    for deal in crm["deals"]:
        mine, here = lines.get(deal["id"], []), there.pop(deal["id"], [])
        why = obstacle(deal, mine)
        order = found.only(f"deal {deal['id']} is an order", here, why is None, why or "it is won")
        if why is not None:
            yield Compared("FL3", deal["id"], "stays out", deal["erp_order_number"], None)
        if order is None:
            continue
        found.add("sold", deal["currency"], deal["amount"])
        found.add("ordered", order["currency"], order["total_amount"])
        contract = contracts.get(deal["contract_id"] or "") or {}
        fields = {
            "currency": (deal["currency"], order["currency"]),
            "total": (deal["amount"], order["total_amount"]),
            "order number": (deal["erp_order_number"], order["number"]),
            "customer": (codes.get(deal["account_id"]), order["customer"]),
            "lines": (len(mine), len(order["lines"])),
            "contract": (contract.get("reference"), order["description"]),
            "billing terms": (contract.get("billing_terms"), noted(order, "Billing terms")),
            "sum of the lines": (deal["amount"], sum((row["amount"] for row in order["lines"]), ZERO)),
        }
        yield from pairs("FL3", deal["id"], fields)
        for number, (line, row) in enumerate(zip(mine, sorted(order["lines"], key=_place), strict=False), 1):
            yield from _line("FL3", deal, number, line, row)
    found.unexplained += [f"order {key} is in the ERP, and no deal in the CRM" for key in there]


def first_orders(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL10: a billable lead has one order of one line with its tags; one of no account is a customer, too."""
    parties = by(sides.erp["won"], "crm_id")
    there = by(sides.erp["first orders"], "reference")
    codes = {row["id"]: row["erp_customer_code"] for row in sides.crm["accounts"]}
    for lead in sides.crm["leads"]:
        due = lead["status"] == "billable"
        here, own = there.pop(lead["id"], []), parties.pop(lead["id"], [])
        order = found.only(f"lead {lead['id']} is an order", here, due, f"it is {lead['status']}")
        alone = lead["account_id"] is None
        why = f"it is {lead['status']}, of " + ("no account" if alone else lead["account_id"])
        party = found.only(f"lead {lead['id']} is a customer", own, due and alone, why)
        if not due:
            yield Compared("FL10", lead["id"], "stays out", lead["erp_order_number"], None)
        if party is not None:
            yield from pairs("FL10", lead["id"], {**person(lead, party), "active": (True, party["active"])})
        if order is not None:
            code = lead["erp_customer_code"] if alone else codes.get(lead["account_id"])
            yield from _first(lead, order, code, found)
    found.unexplained += [f"{key} is in the ERP, and no lead in the CRM" for key in (*there, *parties)]


def _first(lead: Row, order: Row, code: str | None, found: Found) -> Iterator[Compared]:
    amount = rounded(lead["quantity"] * lead["unit_price"], lead["currency"])
    found.add("sold to leads", lead["currency"], amount)
    found.add("ordered by leads", order["currency"], order["total_amount"])
    fields = {
        "order number": (lead["erp_order_number"], order["number"]),
        "customer": (code, order["customer"]),
        "currency": (lead["currency"], order["currency"]),
        "total": (amount, order["total_amount"]),
        "lines": (1, len(order["lines"])),
        "campaign": (lead["campaign"], noted(order, "Campaign")),
        "channel": (lead["channel"], noted(order, "Channel")),
    }
    yield from pairs("FL10", lead["id"], fields)
    for row in order["lines"][:1]:
        yield from _line("FL10", lead, 1, {**lead, "discount_percent": ZERO}, row)


def _line(flow: str, record: Row, number: int, line: Row, row: Row) -> Iterator[Compared]:
    price = (line["unit_price"] * (100 - line["discount_percent"]) / 100).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    fields = {
        "product": (line["sku"], row["sku"]),
        "quantity": (line["quantity"], Decimal(str(row["quantity"]))),
        "price": (price, row["unit_price"]),
        "amount": (rounded(line["quantity"] * price, record["currency"]), row["amount"]),
    }
    yield from pairs(flow, record["id"], {f"line {number} {name}": both for name, both in fields.items()})


def obstacle(deal: Row, lines: Sequence[Any]) -> str | None:
    """Why a deal must not become an order; None where it must."""
    if deal["stage"] != "Closed Won":
        return f"its stage is {deal['stage']}"
    if not deal["discount_approved_by"]:
        for line in lines:
            if line["discount_percent"] > _DISCOUNT_FREE_UP_TO:
                return f"{line['discount_percent']} % discount, and nobody approved it"
    return None


def noted(order: Row, name: str) -> str | None:
    """What the order's comment says under a name."""
    for text in (order["comment"] or "").splitlines():
        if text.startswith(f"{name}: "):
            return str(text.removeprefix(f"{name}: "))
    return None


def _place(row: Row) -> tuple[int, int]:
    return (row["sequence"] or 0, row["id"])
