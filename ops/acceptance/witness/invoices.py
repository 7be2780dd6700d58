"""Deals and accounts beside the ERP's invoices: how they were composed, and what is to pay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ops.acceptance.witness.found import TOTALS, ZERO, Compared, Found, Row, Sides, by, pairs

_TOLD = ("invoice_number", "invoice_status", "payment_status", "outstanding_balance")
_STATUS = {"draft": "pending", "validated": "pending", "posted": "issued", "paid": "paid", "cancelled": "cancelled"}
#: What finance booked products on; the first ones are earned over the contract.
_OVER_TIME = ("SKU-001", "SKU-002", "SKU-003", "SKU-004", "SKU-007", "SKU-008")
_GOODS = ("SKU-013", "SKU-014", "SKU-015", "SKU-016")


def billed(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL4: where an account is billed by itself, a deal's invoice is posted once its contract is signed."""
    contracts = {row["id"]: row for row in sides.crm["contracts"]}
    lines, mine = by(sides.crm["lines"], "opportunity_id"), _of_orders(sides)
    for deal in sides.crm["deals"]:
        contract = contracts.get(deal["contract_id"] or "")
        if contract is None or deal["account_id"] not in sides.said["billed alone"]:
            yield Compared("FL3", deal["id"], "billed by itself", deal["billed_invoice_number"], None)
            continue
        drawn = [row for row in mine.get(deal["id"], []) if row["total_amount"] > 0]
        invoice = found.only(f"deal {deal['id']} is an invoice", drawn, True, "it is won, and ordered")
        if invoice is None:
            continue
        posted = contract["signed_at"] is not None
        fields = {
            "posted": (posted, invoice["state"] in ("posted", "paid")),
            "billed as": (deal["billed_invoice_number"], invoice["number"] if posted else None),
            "billed on": (deal["billed_on"], invoice["invoice_date"] if posted else None),
        }
        if posted:
            found.add("billed by itself", deal["currency"], deal["amount"])
            found.add("invoices of it", invoice["currency"], invoice["total_amount"])
            fields |= _composed(deal, contract, lines.get(deal["id"], []), invoice)
        yield from pairs("FL4", deal["id"], fields)


def _composed(deal: Row, contract: Row, mine: Sequence[Any], invoice: Row) -> dict[str, tuple[Any, Any]]:
    theirs = sorted((row for row in invoice["lines"] if row["type"] == "line"), key=lambda row: int(row["id"]))
    earned = {row["invoice_line"]: (row["start_date"], row["end_date"]) for row in invoice["deferred"]}
    fields: dict[str, tuple[Any, Any]] = {
        "reference": (contract["reference"], invoice["reference"]),
        "payment terms": (contract["billing_terms"].casefold(), (invoice["terms"] or "").casefold()),
        "total": (deal["amount"], invoice["total_amount"]),
        "currency": (deal["currency"], invoice["currency"]),
        "customer": (deal["account_id"], invoice["customer"]),
        "lines": (len(mine), len(theirs)),
    }
    for number, (line, row) in enumerate(zip(mine, theirs, strict=False), 1):
        days = _earned(line["sku"], contract)
        fields |= {
            f"line {number} product": (line["sku"], row["sku"]),
            f"line {number} account": (_account(line["sku"]), row["account"]),
            f"line {number} quantity": (line["quantity"], Decimal(str(row["quantity"]))),
            f"line {number} is earned over": (days, _both(row["defer_from"], row["defer_to"])),
            f"line {number} deferral": (days, earned.get(row["id"])),
        }
    return fields


def _account(sku: str) -> str:
    return "4.2.2" if sku in _OVER_TIME else "4.1.1" if sku in _GOODS else "4.1.2"


def _earned(sku: str, contract: Row) -> tuple[date, date] | None:
    return (contract["starts_on"], contract["ends_on"]) if sku in _OVER_TIME else None


def _both(first: date | None, last: date | None) -> tuple[date, date] | None:
    return (first, last) if first and last else None


def billing(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL5 and FL6: the CRM says of each deal what the ERP says of its newest invoice, and what is to pay in all."""
    mine, unsigned = _of_orders(sides), waiting(sides)
    for deal in sides.crm["deals"]:
        rows = mine.get(deal["id"], [])
        if not rows:
            continue
        if deal["id"] in unsigned:
            yield from pairs("FL5", deal["id"], {name: (deal[name], None) for name in _TOLD})
            continue
        first, newest = rows[0], rows[-1]
        left = sum((_left(row) for row in rows), ZERO)
        found.add("outstanding on deals", deal["currency"], deal["outstanding_balance"])
        found.add("to pay on deals", first["currency"], left)
        paid = first["state"] == "paid" or _left(first) not in (ZERO, first["total_amount"])
        fields = {
            "invoiced": (deal["amount"], first["total_amount"]),
            "invoice number": (deal["invoice_number"], newest["number"]),
            "invoice status": (deal["invoice_status"], status(newest)),
            "payment status": (deal["payment_status"], payment(newest)),
            "outstanding balance": (deal["outstanding_balance"], left),
        }
        yield from pairs("FL6" if paid else "FL5", deal["id"], fields)


def balances(sides: Sides, found: Found) -> Iterator[Compared]:
    """Each account knows its newest invoice, and what it has to pay in each currency: of all that it was billed."""
    due: dict[tuple[str, str], Decimal] = {}
    newest: dict[str, Row] = {}
    accounts, unsigned = {row["id"]: row for row in sides.crm["accounts"]}, waiting(sides)
    for row in sides.erp["invoices"]:
        if row["customer"] in accounts and row["sale"] not in unsigned:
            place = (row["customer"], row["currency"])
            due[place] = due.get(place, ZERO) + _left(row)
            newest[row["customer"]] = row
            found.add("to pay", row["currency"], _left(row))
    told = {(row["account_id"], row["currency"]): row["outstanding"] for row in sides.crm["balances"]}
    for place in sorted(due.keys() | told.keys()):
        found.add("outstanding on accounts", place[1], told.get(place))
        yield Compared(TOTALS, place[0], f"outstanding in {place[1]}", told.get(place, ZERO), due.get(place, ZERO))
    for key, row in newest.items():
        account = accounts[key]
        fields = {
            "invoice number": (account["invoice_number"], row["number"]),
            "invoice status": (account["invoice_status"], status(row)),
            "payment status": (account["payment_status"], payment(row)),
        }
        yield from pairs(TOTALS, key, fields)


def _of_orders(sides: Sides) -> dict[str, list[Any]]:
    """Invoices by the deal that they bill or credit, the oldest first. A credit note belongs to what its line names."""
    of_line = {line["id"]: row["sale"] for row in sides.erp["invoices"] for line in row["lines"] if row["sale"]}
    found: dict[str, list[Any]] = {}
    for row in sorted(sides.erp["invoices"], key=lambda row: int(row["id"])):
        sale = row["sale"] or next(
            (of_line[line["credits"]] for line in row["lines"] if line["credits"] in of_line), None
        )
        if sale is not None:
            found.setdefault(sale, []).append(row)
    return found


def waiting(sides: Sides) -> set[str]:
    """Deals whose invoice is held until the contract is signed: until then the CRM is told nothing of the draft."""
    unsigned = {row["id"] for row in sides.crm["contracts"] if row["signed_at"] is None}
    alone = sides.said["billed alone"]
    return {row["id"] for row in sides.crm["deals"] if row["contract_id"] in unsigned and row["account_id"] in alone}


def status(invoice: Row) -> str | None:
    if invoice["total_amount"] < 0 and invoice["state"] in ("posted", "paid"):
        return "credited"
    return _STATUS.get(invoice["state"])


def payment(invoice: Row) -> str:
    credit = invoice["total_amount"] < 0
    if invoice["state"] == "paid":
        return "refunded" if credit else "paid"
    if invoice["state"] != "posted":
        return "none"
    return "unpaid" if invoice["amount_to_pay"] == invoice["total_amount"] else "partial"


def _left(invoice: Row) -> Decimal:
    return Decimal(invoice["amount_to_pay"]) if invoice["state"] == "posted" else ZERO
