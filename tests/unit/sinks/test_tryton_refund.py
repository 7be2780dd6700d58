"""The credit note of a refund as the ERP is asked for it, and which sales a credit note belongs to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.reasons import Reason
from schemas.records import InvoiceRefund
from sinks.errors import Refused
from sinks.tryton import credited, refund

D = Decimal


def body(amount: str = "20.50", **over: Any) -> InvoiceRefund:
    values: dict[str, Any] = {"invoice_id": "91", "invoice_number": "2026/17", "currency": "EUR", "kind": "refund"}
    values |= {"amount": D(amount), "charge_id": "ch_1", "refunded_on": date(2026, 3, 1)}
    return InvoiceRefund(**(values | over))


def invoice(**over: Any) -> dict[str, Any]:
    values = {
        "id": 91,
        "number": "2026/17",
        "state": "paid",
        "currency": 1,
        "currency.": {"code": "EUR"},
        "party": 7,
        "party.": {"code": "C1", "identifiers.": []},
        "invoice_address": 8,
        "account": 3,
        "journal": 2,
        "total_amount": D("100.00"),
        "tax_amount": D(0),
        "lines.": [
            {"id": 4, "type": "line", "account": 40, "amount": D("30.00")},
            {"id": 5, "type": "line", "account": 50, "amount": D("70.00")},
            {"id": 6, "type": "comment", "account": None, "amount": None},
        ],
    }
    return values | over


def test_it_copies_the_invoice_and_names_its_largest_line() -> None:
    wanted = refund.of_refund(body(), "re_1")
    assert (wanted.reference, wanted.amount, wanted.currency) == ("refund/re_1", D("-20.50"), "EUR")
    for text in ("Refund re_1", "2026/17", "2026-03-01", "ch_1"):
        assert text in wanted.description
    values = refund.creation(wanted, invoice())
    assert {name: values[name] for name in ("party", "invoice_address", "account", "journal", "currency")} == {
        "party": 7,
        "invoice_address": 8,
        "account": 3,
        "journal": 2,
        "currency": 1,
    }
    ((_, (line,)),) = values["lines"]
    assert (line["origin"], line["account"], line["unit_price"]) == ("account.invoice.line,5", 50, D("20.50"))
    assert line["quantity"] == -1
    assert refund.expected(wanted, invoice())["origin"] == "account.invoice.line,5"
    assert refund.of_refund(body(kind="dispute"), "dp_1").description.startswith("Lost dispute dp_1")


def credit(reference: str, total: str, state: str = "posted") -> dict[str, Any]:
    return {"reference": reference, "state": state, "total_amount": D(total)}


@pytest.mark.parametrize(
    ("change", "others", "says"),
    [
        ({}, [], None),
        ({}, [credit("refund/re_0", "-79.50")], None),
        ({}, [credit("refund/re_0", "-79.51")], "79.51 of its 100.00 EUR are credited already, and 20.50 more"),
        ({}, [credit("by hand", "-79.51", "draft")], "credited already"),
        ({}, [credit("by hand", "-79.51", "cancelled")], None),
        ({}, [credit("refund/re_1", "-79.51")], None),
        ({"state": "draft"}, [], "is draft"),
        ({"state": "cancelled"}, [], "is cancelled"),
        ({"currency.": {"code": "USD"}}, [], "is in USD, not in EUR"),
        ({"tax_amount": D("19.00")}, [], "has taxes"),
    ],
)
def test_the_invoice_must_bear_it(change: dict[str, Any], others: list[dict[str, Any]], says: str | None) -> None:
    wanted = refund.of_refund(body(), "re_1")
    if says is None:
        refund.check(wanted, invoice(**change), others)
        return
    with pytest.raises(Refused, match=says) as refused:
        refund.check(wanted, invoice(**change), others)
    assert refused.value.reason is Reason.ERP_REJECTED


def test_an_invoice_without_a_line_cannot_be_credited() -> None:
    with pytest.raises(Refused, match="no line"):
        refund.lines_of(invoice(**{"lines.": []}))


def test_a_credit_note_has_the_sales_of_what_it_credits() -> None:
    own: dict[str, Any] = {"sales.": [{"id": 1}], "lines.": [{"origin": "sale.line,3"}]}
    first: dict[str, Any] = {
        "sales.": [],
        "lines.": [{"origin": "account.invoice.line,5"}, {"origin": "account.invoice.line,4"}],
    }
    stranger: dict[str, Any] = {"sales.": [], "lines.": [{"origin": None}, {"origin": "other,9"}]}
    rows = [own, first, stranger]
    assert credited.credited_lines(rows) == [4, 5]
    sold: dict[str, Any] = {"sales.": [{"id": 2, "number": "S2", "reference": "d1"}]}
    credited.name_sales(rows, [{"id": 4, "invoice.": sold}, {"id": 5, "invoice.": sold}])
    assert [row["sales."] for row in rows] == [[{"id": 1}], sold["sales."], []]
