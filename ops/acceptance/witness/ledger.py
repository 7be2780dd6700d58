"""The ERP's records of a run, with what they refer to put in their place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ops.acceptance.witness.erp import ErpReader, Login, Row

_MANY = 300  #: ids asked for at once


def read_erp(login: Login, run: str) -> dict[str, list[Row]]:
    """Customers, orders, invoices and schedules of a run. Raises ErpUnreadable."""
    erp = ErpReader(login)
    try:
        identifiers = erp.search("party.identifier", [["code", "like", f"%-{run}-%"]], ["code", "party"])
        owners = {one["party"]: one["code"] for one in identifiers}
        parties = _parties(erp, identifiers)
        return {
            "customers": [row for row in parties if row["crm_id"].startswith("acc-")],
            "won": [row for row in parties if not row["crm_id"].startswith("acc-")],
            "orders": _orders(erp, f"opp-{run}-%"),
            "first orders": _orders(erp, f"lead-{run}-%"),
            "invoices": _invoices(erp, owners),
            "schedules": _schedules(erp, f"sub-{run}-%", owners),
        }
    finally:
        erp.close()


def _parties(erp: ErpReader, identifiers: list[Row]) -> list[Row]:
    rows = erp.by_id("party.party", (one["party"] for one in identifiers), _PARTY)
    ids = {name: [one for row in rows.values() for one in row[name]] for name in _CHILDREN}
    children = {name: erp.by_id(model, ids[name], fields) for name, (model, fields) in _CHILDREN.items()}
    places = children["addresses"].values()
    countries = erp.by_id("country.country", (row["country"] for row in places if row["country"]), ["code"])
    for place in places:
        place["country"] = countries[place["country"]]["code"] if place["country"] else None
    for row in rows.values():
        row["terms"] = (row["customer_payment_term."] or {}).get("name")
        for name, found in children.items():
            row[name] = [found[one] for one in row[name] if one in found]
    return [{**rows[one["party"]], "crm_id": one["code"]} for one in identifiers]


def _orders(erp: ErpReader, references: str) -> list[Row]:
    orders = erp.search("sale.sale", [["reference", "like", references]], _SALE)
    lines = erp.by_id("sale.line", (line for row in orders for line in row["lines"]), _LINE)
    for line in lines.values():
        line["sku"] = (line["product."] or {}).get("code")
    for order in orders:
        order["lines"] = [lines[one] for one in order["lines"]]
        order["currency"] = order["currency."]["code"]
        order["customer"] = order["party."]["code"]
    return orders


def _invoices(erp: ErpReader, owners: dict[int, str]) -> list[Row]:
    """All that customers of the run were billed or credited, the oldest first."""
    found: list[Row] = []
    for some in _portions(sorted(owners)):
        found += erp.search("account.invoice", [["party", "in", some], ["type", "=", "out"]], _INVOICE)
    earned: dict[int, list[Row]] = {}
    for some in _portions([row["id"] for row in found]):
        mine = [["invoice_line.invoice", "in", some]]
        for row in erp.search("account.invoice.deferred", mine, ["invoice_line", *_DAYS, "invoice_line.invoice"]):
            earned.setdefault(row["invoice_line."]["invoice"], []).append(row)
    for row in found:
        row["currency"], row["customer"] = row["currency."]["code"], owners[row["party"]]
        row["terms"] = (row["payment_term."] or {}).get("name")
        row["sale"] = row["sales."][0]["reference"] if row["sales."] else None
        row["deferred"], row["lines"] = earned.get(row["id"], []), row["lines."]
        for line in row["lines"]:
            line["sku"] = (line["product."] or {}).get("code")
            line["account"] = (line["account."] or {}).get("code")
            origin = line["origin"] or ""
            line["credits"] = int(origin.partition(",")[2]) if origin.startswith("account.invoice.line,") else None
    return sorted(found, key=lambda row: int(row["id"]))


def _schedules(erp: ErpReader, references: str, owners: dict[int, str]) -> list[Row]:
    found = erp.search("sale.subscription", [["reference", "like", references]], _SUBSCRIPTION)
    for row in found:
        row["currency"], row["customer"] = row["currency."]["code"], owners.get(row["party"])
        said = re.match(r"Revision (\d+) ", row["description"] or "")
        row["revision"] = int(said[1]) if said else None
        row["interval"], row["lines"] = row["invoice_recurrence."]["name"], row["lines."]
        for line in row["lines"]:
            line["sku"] = line["service."]["product."]["code"]
    return found


def _portions(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[start : start + _MANY]) for start in range(0, len(ids), _MANY)]


_PARTY = ("name", "code", "addresses", "contact_mechanisms", "identifiers", "active", "customer_payment_term.name")
_CHILDREN = {
    "addresses": ("party.address", ("street", "city", "postal_code", "country")),
    "contact_mechanisms": ("party.contact_mechanism", ("type", "value")),
    "identifiers": ("party.identifier", ("type", "code")),
}
_SALE = ("reference", "number", "currency.code", "total_amount", "party.code", "lines", "description", "comment")
_LINE = ("product.code", "quantity", "unit_price", "amount", "sequence")
_DAYS = ("start_date", "end_date")
_INVOICE = (
    *("number", "state", "reference", "description", "total_amount", "amount_to_pay", "invoice_date", "party"),
    *("currency.code", "payment_term.name", "sales.reference"),
    *(
        f"lines.{name}"
        for name in ("type", "quantity", "product.code", "account.code", "origin", "defer_from", "defer_to")
    ),
)
_SUBSCRIPTION = (
    *("reference", "number", "state", "currency.code", "party", "start_date", "end_date", "invoice_recurrence.name"),
    "description",
    *(f"lines.{name}" for name in ("service.product.code", "quantity", "unit_price", "start_date", "end_date")),
)
