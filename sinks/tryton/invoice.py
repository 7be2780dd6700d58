"""The invoice of an order, as Tryton holds it: what its draft gets, and what must read back. Pure.

Tryton makes the draft itself, when the order is processed. We never make one, so there is never a second one of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from schemas.reasons import Reason
from schemas.records import InvoiceDraft, InvoiceLine
from sinks.errors import Refused
from sinks.port import Fields, Value
from sinks.tryton.identifiers import crm_id_of
from sinks.tryton.request import Call, search, write

Row = Mapping[str, Any]
FIELDS = (
    "number",
    "state",
    "reference",
    "payment_term.name",
    "_timestamp",
    "write_uid",
    "currency.code",
    "untaxed_amount",
    "party.code",
    "party.identifiers.type",
    "party.identifiers.code",
    "sales.reference",
    *(f"lines.{name}" for name in ("type", "_timestamp", "write_uid", "product.code", "quantity", "unit_price")),
    *(f"lines.{name}" for name in ("amount", "account.code", "defer_from", "defer_to")),
)
POSTED = ("posted", "paid")
_ERP = 0  #: Tryton's own user: what it does by itself


def of_order(reference: str) -> Call:
    """All invoices of an order, by its reference: there should be one."""
    return search("account.invoice", [["type", "=", "out"], ["sales.reference", "=", reference]], FIELDS)


def accounts(codes: Sequence[str]) -> Call:
    """The open accounts of the general ledger with these codes."""
    mine = [["code", "in", sorted(set(codes))], ["type", "!=", None], ["closed", "!=", True]]
    return search("account.account", mine, ["code"])


def schedules(invoice_id: int) -> Call:
    """Over which days the revenue of its lines is earned, as it was entered when the invoice was posted."""
    fields = ["invoice_line", "start_date", "end_date"]
    return search("account.invoice.deferred", [["invoice_line.invoice", "=", invoice_id]], fields)


def post(row: Row) -> Call:
    """Refused with ConcurrencyException when the invoice was changed since it was read."""
    lock = {f"account.invoice,{row['id']}": row["_timestamp"]}
    return Call("model.account.invoice.post", [[row["id"]]], writes=True, lock=lock)


def compose(row: Row, body: InvoiceDraft, ledger: Mapping[str, int], term: int | None) -> Call:
    """Make the draft what the command says. `ledger`: an account's code -> its id."""
    values: dict[str, Any] = {}
    if body.reference is not None:
        values["reference"] = body.reference
    if term is not None:
        values["payment_term"] = term
    pairs = list(zip(sold(row), body.lines, strict=True))
    values["lines"] = [["write", [held["id"]], _line(line, ledger)] for held, line in pairs]
    call = write("account.invoice", row["id"], values, row["_timestamp"])
    locks = {f"account.invoice.line,{held['id']}": held["_timestamp"] for held, _ in pairs}
    return replace(call, lock={**call.lock, **locks})


def _line(line: InvoiceLine, ledger: Mapping[str, int]) -> dict[str, Any]:
    return {"account": ledger[line.account], "defer_from": line.defer_from, "defer_to": line.defer_to}


def choose(rows: Sequence[Row], body: InvoiceDraft) -> Row | None:
    """The order's invoice. Raises Refused where it is cancelled, another one than was decided on, or one of several."""
    living = [row for row in rows if row["state"] != "cancelled" and row["untaxed_amount"] >= 0]
    if not living:
        if rows:
            raise Refused(Reason.ERP_REJECTED, f"{shown(rows[0])} was cancelled in Tryton")
        return None
    if len(living) > 1:
        raise Refused(Reason.PARTIAL_WRITE, f"Tryton has more than one for the order: {', '.join(map(shown, living))}")
    (row,) = living
    if str(row["id"]) != body.erp_id:
        raise Refused(Reason.ERP_REJECTED, f"{shown(row)} took the place of the draft with the id {body.erp_id}")
    if len(row["sales."]) != 1:
        raise Refused(Reason.ERP_REJECTED, f"{shown(row)} bills {len(row['sales.'])} orders at once")
    return row


def shown(row: Row) -> str:
    return f"invoice {row['number'] or 'without number'} ({row['state']}, id {row['id']})"


def sold(row: Row) -> list[Row]:
    """The lines that count, in the order in which they were made: that of the order's lines."""
    return sorted((line for line in row["lines."] if line["type"] == "line"), key=lambda line: line["id"])


def touched_by_people(row: Row, user: int | None) -> bool:
    """Whether somebody else than we and Tryton itself has changed it or one of its lines."""
    writers = {row["write_uid"], *(line["write_uid"] for line in sold(row))}
    return bool(writers - {None, _ERP, user})


def expected_sale(body: InvoiceDraft, account_id: str) -> Fields:
    """What the draft must hold before we touch it: what the order says."""
    fields: dict[str, Value] = {
        "customer": account_id,
        "currency": body.currency,
        "total": body.total,
        "lines": len(body.lines),
    }
    for number, line in enumerate(body.lines, 1):
        name = f"line {number}"
        fields |= {f"{name} product": line.sku, f"{name} quantity": line.quantity}
        fields |= {f"{name} price": line.unit_price, f"{name} amount": line.amount}
    return fields


def expected(body: InvoiceDraft, account_id: str) -> Fields:
    """What must read back of the draft, and of the invoice before and after it is posted."""
    fields: dict[str, Value] = {**expected_sale(body, account_id)}
    if body.reference is not None:
        fields["reference"] = body.reference
    if body.payment_terms is not None:
        fields["payment terms"] = body.payment_terms.strip().casefold()
    for number, line in enumerate(body.lines, 1):
        fields[f"line {number} account"] = line.account
        fields[f"line {number} earned"] = _days(line.defer_from, line.defer_to)
    return fields


def expected_posted(body: InvoiceDraft, account_id: str) -> Fields:
    """What must read back once it is posted."""
    days = sorted(found for line in body.lines if (found := _days(line.defer_from, line.defer_to)))
    return {**expected(body, account_id), "posted": "yes", "schedules": ", ".join(days) or None}


def held(row: Row) -> Fields:
    """The same view of what Tryton holds, but for the schedules."""
    party: Row = row["party."]
    fields: dict[str, Value] = {
        "customer": crm_id_of(party["identifiers."]) or party["code"],
        "currency": row["currency."]["code"],
        "total": row["untaxed_amount"],
        "lines": len(sold(row)),
        "reference": row["reference"],
        "payment terms": ((row["payment_term."] or {}).get("name") or "").casefold() or None,
        "posted": "yes" if row["state"] in POSTED else "no",
    }
    for number, line in enumerate(sold(row), 1):
        name = f"line {number}"
        fields |= {
            f"{name} product": (line["product."] or {}).get("code") or "",
            f"{name} quantity": line["quantity"],
            f"{name} price": line["unit_price"],
            f"{name} amount": line["amount"],
            f"{name} account": (line["account."] or {}).get("code"),
            f"{name} earned": _days(line["defer_from"], line["defer_to"]),
        }
    return fields


def held_schedules(rows: Sequence[Row]) -> Fields:
    """The schedules that Tryton keeps for a posted invoice."""
    found = sorted(days for row in rows if (days := _days(row["start_date"], row["end_date"])))
    return {"schedules": ", ".join(found) or None}


def _days(first: Any, last: Any) -> str | None:
    return f"{first.isoformat()} to {last.isoformat()}" if first and last else None
