"""Every mapped field and every total of both systems, compared by what the business says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, list[Any]]
_DECIMALS = {"JPY": 0, "KWD": 3}  #: of the currencies that are sold in; the others have 2
_DISCOUNT_FREE_UP_TO = Decimal(20)  #: percent, without an approval


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of one record, as both systems have it, or as one has it and the business says it must be."""

    flow: str
    record: str
    field: str
    crm: Any
    erp: Any

    @property
    def same(self) -> bool:
        if isinstance(self.crm, Decimal) or isinstance(self.erp, Decimal):
            return (self.crm or Decimal(0)) == (self.erp or Decimal(0))
        return (self.crm or None) == (self.erp or None)

    def told(self) -> str:
        return f"{self.flow} {self.record}, {self.field}: the CRM's side says {self.crm}, the ERP's {self.erp}"


@dataclass(slots=True)
class Found:
    """What a comparison came to."""

    compared: list[Compared] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)  #: a record on one side that nothing accounts for
    records: dict[str, int] = field(default_factory=dict)  #: flow -> records that it carried
    totals: dict[str, dict[str, Decimal]] = field(default_factory=dict)  #: currency -> name -> sum

    @property
    def mismatches(self) -> list[Compared]:
        return [one for one in self.compared if not one.same]

    @property
    def clean(self) -> bool:
        return not self.mismatches and not self.unexplained

    def add(self, name: str, currency: str, amount: Decimal) -> None:
        sums = self.totals.setdefault(currency, {})
        sums[name] = sums.get(name, Decimal(0)) + amount


Check = Callable[[Tables, Tables, Found], Iterator[Compared]]


def compare(crm: Tables, erp: Tables) -> Found:
    """All flows, one after another."""
    found = Found()
    for flow, check in CHECKS.items():
        before = {one.record for one in found.compared if one.flow == flow}
        found.compared += check(crm, erp, found)
        found.records[flow] = len({one.record for one in found.compared if one.flow == flow} - before)
    for currency, sums in sorted(found.totals.items()):
        pairs = (("sold", "ordered"), ("outstanding on deals", "to pay"), ("outstanding on accounts", "to pay"))
        for ours, theirs in pairs:
            here, there = sums.get(ours, Decimal(0)), sums.get(theirs, Decimal(0))
            found.compared.append(Compared("totals", currency, f"{ours} = {theirs}", here, there))
    return found


def customers(crm: Tables, erp: Tables, found: Found) -> Iterator[Compared]:
    """FL1: each account is a customer once, with its name, address, contacts and tax id, under one code."""
    parties = _by(erp["customers"], "crm_id")
    for account in crm["accounts"]:
        here = parties.pop(account["id"], [])
        if len(here) != 1:
            found.unexplained.append(f"account {account['id']} is {len(here)} customers in the ERP")
            continue
        party = here[0]
        place = party["addresses"][0] if party["addresses"] else {}
        contacts = {row["type"]: row["value"] for row in reversed(party["contact_mechanisms"])}
        tax = [row["code"] for row in party["identifiers"] if row["code"] != account["id"]]
        pairs = {
            "name": (account["name"], party["name"]),
            "customer code": (account["erp_customer_code"], party["code"]),
            "street": (account["street"], place.get("street")),
            "city": (account["city"], place.get("city")),
            "postal code": (account["postal_code"], place.get("postal_code")),
            "country": (account["country"], place.get("country")),
            "email": (account["email"], contacts.get("email")),
            "telephone": (_digits(account["phone"]), _digits(contacts.get("phone"))),
            "tax id": (
                _number(account["tax_id"], account),
                _number(tax[0].partition(":")[2] if tax else None, account),
            ),
        }
        for name, (ours, theirs) in pairs.items():
            yield Compared("FL1", account["id"], name, ours, theirs)
    found.unexplained += [f"customer {key} is in the ERP, and no account in the CRM" for key in parties]


def orders(crm: Tables, erp: Tables, found: Found) -> Iterator[Compared]:
    """FL3: each deal that is won and sold by the rules is an order once, to the cent."""
    lines, there = _by(crm["lines"], "opportunity_id"), _by(erp["orders"], "reference")
    contracts = {row["id"]: row for row in crm["contracts"]}
    codes = {row["id"]: row["erp_customer_code"] for row in crm["accounts"]}
    for deal in crm["deals"]:
        mine, orders_ = lines.get(deal["id"], []), there.pop(deal["id"], [])
        due = obstacle(deal, mine) is None
        if len(orders_) != due:
            why = obstacle(deal, mine) or "it is won"
            found.unexplained.append(f"deal {deal['id']} is {len(orders_)} orders in the ERP, though: {why}")
            continue
        if not due:
            yield Compared("FL3", deal["id"], "stays out", deal["erp_order_number"], None)
            continue
        order = orders_[0]
        found.add("sold", deal["currency"], deal["amount"])
        found.add("ordered", order["currency"], order["total_amount"])
        contract = contracts.get(deal["contract_id"] or "")
        pairs = {
            "currency": (deal["currency"], order["currency"]),
            "total": (deal["amount"], order["total_amount"]),
            "order number": (deal["erp_order_number"], order["number"]),
            "customer": (codes.get(deal["account_id"]), order["customer"]),
            "lines": (len(mine), len(order["lines"])),
            "contract": (contract["reference"] if contract else None, order["description"]),
            "sum of the lines": (deal["amount"], sum((row["amount"] for row in order["lines"]), Decimal(0))),
        }
        for name, (ours, theirs) in pairs.items():
            yield Compared("FL3", deal["id"], name, ours, theirs)
        for number, (line, row) in enumerate(zip(mine, sorted(order["lines"], key=_place), strict=False), 1):
            yield from _line(deal, number, line, row)
    found.unexplained += [f"order {key} is in the ERP, and no deal in the CRM" for key in there]


def _line(deal: Row, number: int, line: Row, row: Row) -> Iterator[Compared]:
    price = (line["unit_price"] * (100 - line["discount_percent"]) / 100).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    pairs = {
        "product": (line["sku"], row["sku"]),
        "quantity": (line["quantity"], Decimal(str(row["quantity"]))),
        "price": (price, row["unit_price"]),
        "amount": (rounded(line["quantity"] * price, deal["currency"]), row["amount"]),
    }
    for name, (ours, theirs) in pairs.items():
        yield Compared("FL3", deal["id"], f"line {number} {name}", ours, theirs)


def billing(crm: Tables, erp: Tables, found: Found) -> Iterator[Compared]:
    """FL5 and FL6: the CRM says of each order's invoice what the ERP says, and of each account what is to pay."""
    deals = {row["id"]: row for row in crm["deals"]}
    due: dict[tuple[str, str], Decimal] = {}
    for order in erp["orders"]:
        deal = deals.get(order["reference"])
        if deal is None or len(order["invoices"]) != 1:
            continue
        (invoice,) = order["invoices"]
        left = invoice["amount_to_pay"] if invoice["state"] == "posted" else Decimal(0)
        place = (deal["account_id"], invoice["currency"])
        due[place] = due.get(place, Decimal(0)) + left
        found.add("outstanding on deals", deal["currency"], deal["outstanding_balance"] or Decimal(0))
        found.add("to pay", invoice["currency"], left)
        flow = "FL6" if invoice["state"] == "paid" or left not in (0, invoice["total_amount"]) else "FL5"
        pairs = {
            "invoiced": (deal["amount"], invoice["total_amount"]),
            "invoice number": (deal["invoice_number"], invoice["number"]),
            "invoice status": (deal["invoice_status"], _STATUS.get(invoice["state"])),
            "payment status": (deal["payment_status"], _payment(invoice, left)),
            "outstanding balance": (deal["outstanding_balance"], left),
        }
        for name, (ours, theirs) in pairs.items():
            yield Compared(flow, deal["id"], name, ours, theirs)
    balances = {(row["account_id"], row["currency"]): row["outstanding"] for row in crm["balances"]}
    for place in sorted(due.keys() | balances.keys()):
        ours = balances.get(place, Decimal(0))
        found.add("outstanding on accounts", place[1], ours)
        yield Compared("FL6", place[0], f"outstanding in {place[1]}", ours, due.get(place, Decimal(0)))


#: One row per flow; a flow that comes new brings its own.
CHECKS: dict[str, Check] = {"FL1": customers, "FL3": orders, "FL5": billing}
_STATUS = {"draft": "pending", "validated": "pending", "posted": "issued", "paid": "paid", "cancelled": "cancelled"}


def obstacle(deal: Row, lines: list[Any]) -> str | None:
    """Why a deal must not become an order; None where it must."""
    if deal["stage"] != "Closed Won":
        return f"its stage is {deal['stage']}"
    if not deal["discount_approved_by"]:
        for line in lines:
            if line["discount_percent"] > _DISCOUNT_FREE_UP_TO:
                return f"{line['discount_percent']} % discount, and nobody approved it"
    return None


def rounded(amount: Decimal, currency: str) -> Decimal:
    """In whole minor units, half to even."""
    return amount.quantize(Decimal(1).scaleb(-_DECIMALS.get(currency, 2)), ROUND_HALF_EVEN)


def _payment(invoice: Row, left: Decimal) -> str:
    if invoice["state"] == "paid":
        return "paid"
    if invoice["state"] != "posted":
        return "none"
    return "unpaid" if left == invoice["total_amount"] else "partial"


def _by(rows: list[Any], name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _place(row: Row) -> tuple[int, int]:
    return (row["sequence"] or 0, row["id"])


def _digits(text: str | None) -> str:
    return "".join(char for char in text or "" if char.isdigit())


def _number(text: str | None, account: Row) -> str:
    """A tax number without what sets it apart, and without the country's code, which some countries write before it."""
    plain = "".join(char for char in text or "" if char.isalnum()).upper()
    return plain.removeprefix((account["country"] or "").upper())
