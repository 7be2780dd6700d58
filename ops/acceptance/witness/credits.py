"""Service credits and money that went back, beside the ERP's credit notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ops.acceptance.witness.found import ZERO, Compared, Found, Row, Sides, by, pairs

_CAP, _CAPS = Decimal(500), {"JPY": Decimal(60000)}
_PERIOD = timedelta(days=30)
_ABOVE = ("noor.haddad", "sam.ito")  #: who may approve above the cap


def cases(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL7: a case closed with an approved credit within policy is a posted credit note once; any other is none."""
    notes = by([row for row in sides.erp["invoices"] if _is(row, "credit/")], "reference")
    spent = dict[tuple[str, str], list[Row]]()
    for case in sorted(sides.crm["cases"], key=lambda row: (row["closed_at"] is not None, row["closed_at"], row["id"])):
        why = obstacle(case, spent)
        note = found.only(f"case {case['id']} is a credit note", notes.pop(f"credit/{case['id']}", []), not why, why)
        if why:
            yield Compared("FL7", case["id"], "stays out", case["erp_credit_number"], None)
        if note is None:
            continue
        found.add("credits of cases", case["currency"], case["credit_amount"])
        found.add("credit notes of cases", note["currency"], -note["total_amount"])
        fields = {
            "amount": (case["credit_amount"], -note["total_amount"]),
            "currency": (case["currency"], note["currency"]),
            "customer": (case["account_id"], note["customer"]),
            "number": (case["erp_credit_number"], note["number"]),
            "posted": (True, note["state"] in ("posted", "paid")),
        }
        for name in ("id", "credit_reason", "credit_approved_by"):
            fields[f"the note tells {name}"] = (case[name], case[name] if case[name] in _text(note) else _text(note))
        yield from pairs("FL7", case["id"], fields)
    found.unexplained += [f"{key} is in the ERP, and no case in the CRM" for key in notes]


def obstacle(case: Row, spent: dict[tuple[str, str], list[Row]]) -> str:
    """Why a case must not be credited; "" where it must. `spent`: what earlier cases ask for, this one is added."""
    if case["status"] != "closed" or not case["credit_amount"]:
        return f"it is {case['status']}, with a credit of {case['credit_amount']}"
    if not case["credit_approved_by"]:
        return "nobody approved it"
    others = spent.setdefault((case["account_id"], case["currency"]), [])
    near = [one for one in others if case["closed_at"] - one["closed_at"] < _PERIOD]
    asked = sum((one["credit_amount"] for one in near), case["credit_amount"])
    others.append(case)
    if asked > _CAPS.get(case["currency"], _CAP) and case["credit_approved_by"] not in _ABOVE:
        return f"{asked} {case['currency']} are above the cap, and {case['credit_approved_by']} may not approve that"
    return ""


def refunds(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL9: money that went back is a posted credit note of its invoice once, together never above its total."""
    notes = by([row for row in sides.erp["invoices"] if _is(row, "refund/")], "reference")
    invoices = {row["sale"]: row for row in sides.erp["invoices"] if row["sale"]}
    taken: dict[str, Decimal] = {}
    for told in sides.said["refunds"]:
        invoice = invoices.get(told["deal_id"])
        total = invoice["total_amount"] if invoice is not None else ZERO
        before = taken.get(told["deal_id"], ZERO)
        why = _why_not(told, before, total)
        note = found.only(
            f"{told['kind']} {told['id']} is a credit note", notes.pop(f"refund/{told['id']}", []), not why, why
        )
        if why:
            yield Compared("FL9", told["id"], "stays out", None, None)
        if note is None or invoice is None:
            continue
        taken[told["deal_id"]] = before + told["amount"]
        found.add("money back", told["currency"], told["amount"])
        found.add("credit notes of money back", note["currency"], -note["total_amount"])
        lines = {line["id"] for line in invoice["lines"]}
        fields: dict[str, tuple[Any, Any]] = {
            "amount": (told["amount"], -note["total_amount"]),
            "currency": (told["currency"], note["currency"]),
            "customer": (invoice["customer"], note["customer"]),
            "posted": (True, note["state"] in ("posted", "paid")),
            "credits its invoice": (True, all(line["credits"] in lines for line in note["lines"])),
            "names its invoice": (True, f" of invoice {invoice['number']}, " in _text(note)),
        }
        yield from pairs("FL9", told["id"], fields)
    found.unexplained += [f"{key} is in the ERP, and the payment provider told of none" for key in notes]


def _why_not(told: Row, before: Decimal, total: Decimal) -> str:
    if told["status"] not in ("succeeded", "lost"):
        return f"it is {told['status']}"
    if before + told["amount"] > total:
        return f"with {before} of others it is above the invoice's {total}"
    return ""


def _is(row: Row, prefix: str) -> bool:
    return bool((row["reference"] or "").startswith(prefix))


def _text(note: Row) -> str:
    return str(note["description"] or "")
